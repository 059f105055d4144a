import { Command, Option } from "commander";
import { failoverOptionNames } from "../operations/failover/failover-arguments";
import { type CommandOptions, engineNames, type OptionName, optionDefinitions } from "./options";

/** One command as `--help` shows it. */
interface CommandDefinition {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionName[];
  readonly examples: readonly string[];
}

const everywhere: readonly OptionName[] = ["stack", "engine", "cwd"];
const shown: readonly OptionName[] = ["json", "diff", "target", "expectNoChanges"];

export const commandDefinitions: readonly CommandDefinition[] = [
  {
    name: "start",
    description: "Deploy a stack to the sandbox: preview, policies, apply, outputs. Deploys what it reads from first.",
    options: ["stack", "diff"],
    examples: ["npm start", "npm start -- --stack prod"],
  },
  {
    name: "preview",
    description: "Show what up would change, and what the policies say of it. Changes nothing.",
    options: [...everywhere, "policyPack", ...shown, "savePlan", "override", "overridesOf"],
    examples: [
      "npm run preview -- --stack prod --diff",
      "npm run preview -- --stack prod --save-plan plan.json",
      "npm run -s preview -- --stack dev --json > events.jsonl",
    ],
  },
  {
    name: "up",
    description:
      "Preview with policies and plan guards, then apply if it is clean. Asks first; --json on the sandbox counts as a yes, because nobody reads along.",
    options: [
      ...everywhere,
      "policyPack",
      ...shown,
      "yes",
      "skipPreview",
      "override",
      "overridesOf",
      "approvedPlan",
      "approvedDigest",
      "smoke",
      "breakStaleLock",
      "breakGlass",
    ],
    examples: [
      "npm run up -- --stack dev --yes",
      "npm run up -- --stack prod --engine pulumi",
      'npm run up -- --stack dev --override "stateful=the data was moved before"',
    ],
  },
  {
    name: "report",
    description:
      "Preview, and write a comment, SARIF, JSON and the step summary of it: guards, violations, changes, cost. Changes nothing; exit code 5 when up would refuse.",
    options: [...everywhere, "policyPack", "override", "overridesOf", "output", "pullRequest", "commit", "json"],
    examples: [
      "npm run report -- --stack prod",
      "npm run report -- --stack prod --engine pulumi --pull-request 12",
      'npm run report -- --stack prod --override "blast-radius=all apps get the new tag"',
    ],
  },
  {
    name: "refresh",
    description: "Read every resource back from the clouds and take what is found into the state.",
    options: [...everywhere, ...shown, "yes", "skipPreview"],
    examples: ["npm run refresh -- --stack dev --yes"],
  },
  {
    name: "drift",
    description:
      "Compare the clouds with the state, the state with the program, and list what nobody manages. Changes nothing; exit code 7 on drift.",
    options: [...everywhere, "policyPack", "json", "diff", "target", "file"],
    examples: ["npm run drift -- --stack prod", "npm run -s drift -- --stack prod --json > drift.json"],
  },
  {
    name: "restore-test",
    description:
      "Restore the newest backup of each database into a scratch place; check integrity, rows and age against the tier's promise. Changes nothing; exit code 1 when a backup is missing, stale or broken.",
    options: ["stack", "database", "live", "copies", "dumps", "output", "json"],
    examples: [
      "npm run restore-test -- --stack prod",
      "npm run restore-test -- --stack prod --database mission-control --live /Users/operator/system/databases",
      "npm run restore-test -- --stack prod --database postgres/hivemind --dumps ./dumps",
      "RESTORE_TEST_SLACK_WEBHOOK=https://hooks.slack.com/… npm run -s restore-test -- --stack prod --json",
    ],
  },
  {
    name: "destroy",
    description: "Delete everything in a stack. Refuses protected resources without --unprotect.",
    options: [...everywhere, "json", "diff", "target", "yes", "skipPreview", "unprotect", "breakStaleLock"],
    examples: ["npm run destroy -- --stack dev", "npm run destroy -- --stack dev --unprotect --yes"],
  },
  {
    name: "reap",
    description:
      "Destroy preview environments that are past their last day or whose pull request is closed; nothing that does not carry their tags. GitHub is asked with GITHUB_REPOSITORY and RUN_TOKEN.",
    options: ["engine", "dryRun", "yes", "json", "breakStaleLock"],
    examples: ["npm run reap -- --dry-run", "npm run reap -- --engine pulumi --yes"],
  },
  {
    name: "outputs",
    description: "Print a stack's outputs; with --json as one document.",
    options: [...everywhere, "json", "showSecrets"],
    examples: ["npm run outputs -- --stack dev", "npm run -s outputs -- --stack prod --json"],
  },
  {
    name: "affected",
    description: "The stacks that the changes since another commit affect; with --json as one document.",
    options: ["base", "title", "json"],
    examples: ["npm run affected -- --base main", 'npm run affected -- --base main --title "[IaC] dev: more memory"'],
  },
  {
    name: "approval",
    description: "In a workflow: whether reviewers are enforced for a stack and one of them approved this run.",
    options: ["stack", "engine"],
    examples: ["npm run approval -- --stack prod --engine pulumi"],
  },
  {
    name: "break-glass-review",
    description: "In a workflow: close the incidents that were reviewed afterwards, open again what was not.",
    options: [],
    examples: ["npm run break-glass-review"],
  },
  {
    name: "generate",
    description:
      "Write every generated file of the repository: schemas, tables, workflows, documents, package.json's scripts. With --check only name what is stale, exit code 7.",
    options: ["check"],
    examples: ["npm run generate", "npm run generate -- --check"],
  },
  {
    name: "policies",
    description:
      "List the policy pack's rules, and how many resources of each stack each one checks. Deploys the stacks to a world in memory.",
    options: ["list", "json"],
    examples: ["npm run policies -- --list", "npm run -s policies -- --json > policies.json"],
  },
  {
    name: "prices",
    description:
      "Show the prices that costs are reckoned with, in operations/cost/prices.yaml; with --refresh, renew them.",
    options: ["refresh", "json"],
    examples: ["npm run prices", "npm run prices -- --refresh"],
  },
  {
    name: "failover",
    description:
      "Make a host the primary: check, fence, take the lease, wait for the promotion, switch the name, verify. The same command goes on after an interruption. docs/failover.md; on a host, bin/failover does it without npm.",
    options: [...failoverOptionNames, "settings"],
    examples: [
      "npm run failover -- --to forge --dry-run",
      "npm run failover -- --to forge",
      "npm run failover -- --to forge --planned",
      "npm run failover -- --back",
    ],
  },
  {
    name: "drill",
    description:
      "Lose the primary on two hosts made on this machine from the hosts stack's artifacts, fail over, and measure what was lost. Exit code 1 when a check fails.",
    options: ["scenario", "runs", "seed", "quick", "real", "yes", "keep", "output", "json"],
    examples: [
      "npm run drill",
      "npm run drill -- --runs 5",
      "npm run drill -- --scenario split-brain --scenario store-outage",
      "npm run drill -- --scenario all",
      "npm run drill -- --real",
    ],
  },
  {
    name: "conformance",
    description: "Replay the runs recorded on the real engine and compare, one line a run.",
    options: [],
    examples: ["npm run conformance"],
  },
  {
    name: "bench",
    description:
      "Measure where the time goes, in fresh processes; with --json as one document. Exit code 1 when a mark is missed.",
    options: ["only", "runs", "quick", "json"],
    examples: ["npm run bench", "npm run bench -- --only sites --runs 5", "npm run -s bench -- --json > bench.json"],
  },
];

export interface ParsedCommand {
  readonly name: string;
  readonly options: CommandOptions;
  /** Words that belong to no option. */
  readonly stray: readonly string[];
}

/** The command line's grammar. `run` gets what was understood. */
export function commandLineProgram(run: (command: ParsedCommand) => Promise<void>): Command {
  const program = new Command("npm run")
    .description("Several systems' infrastructure as one Pulumi program, on emulated clouds or on the real engine.")
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .exitOverride();
  for (const definition of commandDefinitions) program.addCommand(subcommand(definition, run));
  return program;
}

function subcommand(definition: CommandDefinition, run: (command: ParsedCommand) => Promise<void>): Command {
  const command = new Command(definition.name)
    .description(definition.description)
    .usage("[options]")
    .argument("[words...]")
    .exitOverride();
  for (const name of definition.options) command.addOption(offeredOption(name));
  command.addHelpText("after", `\nExamples:\n${definition.examples.map((line) => `  ${line}`).join("\n")}`);
  return command.action((stray: string[], options: CommandOptions) => run({ name: definition.name, options, stray }));
}

const repeatable: ReadonlySet<OptionName> = new Set(["target", "override", "database", "scenario"]);

function offeredOption(name: OptionName): Option {
  const { flags, description, default: value } = optionDefinitions[name];
  const option = new Option(flags, value === undefined ? description : `${description} (default: ${value})`);
  if (name === "engine") return option.choices(engineNames);
  return repeatable.has(name) ? option.argParser(collected) : option;
}

function collected(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}
