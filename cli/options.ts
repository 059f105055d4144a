import { failoverOptions, type TypedFailoverOptions } from "../operations/failover/failover-arguments";

export const engineNames = ["sandbox", "pulumi"] as const;
export type EngineName = (typeof engineNames)[number];

/** Everything the commands can be told; each command offers the part that means something to it. */
export interface CommandOptions extends TypedFailoverOptions {
  readonly stack?: string;
  readonly engine?: EngineName;
  readonly cwd?: string;
  readonly policyPack?: string;
  readonly target?: readonly string[];
  readonly json?: boolean;
  readonly diff?: boolean;
  readonly expectNoChanges?: boolean;
  readonly yes?: boolean;
  readonly skipPreview?: boolean;
  readonly unprotect?: boolean;
  readonly showSecrets?: boolean;
  readonly only?: string;
  readonly runs?: string;
  readonly quick?: boolean;
  readonly savePlan?: string;
  readonly approvedPlan?: string;
  readonly approvedDigest?: string;
  readonly smoke?: boolean;
  readonly breakStaleLock?: boolean;
  readonly breakGlass?: string;
  readonly list?: boolean;
  readonly refresh?: boolean;
  readonly check?: boolean;
  readonly base?: string;
  readonly title?: string;
  readonly override?: readonly string[];
  readonly overridesOf?: string;
  readonly file?: boolean;
  readonly output?: string;
  readonly pullRequest?: string;
  readonly commit?: string;
  readonly database?: readonly string[];
  readonly live?: string;
  readonly copies?: boolean;
  readonly dumps?: string;
  readonly dryRun?: boolean;
  readonly scenario?: readonly string[];
  readonly settings?: string;
  readonly seed?: string;
  readonly real?: boolean;
  readonly keep?: boolean;
}

export type OptionName = keyof CommandOptions;

/** An option as it is offered: its flags, and what it means. */
export interface OptionDefinition {
  readonly flags: string;
  readonly description: string;
  /** What holds when it is not given, where the description does not say so. */
  readonly default?: number;
}

/** Other commands have these too, and say more of them. */
const { yes: _yes, json: _json, dryRun: _dryRun, ...failoverOnly } = failoverOptions;

export const optionDefinitions: Readonly<Record<OptionName, OptionDefinition>> = {
  stack: { flags: "-s, --stack <name>", description: "the stack, as in Pulumi.<name>.yaml" },
  engine: {
    flags: "--engine <name>",
    description: "sandbox: emulated clouds, nothing real; pulumi: the real engine and clouds",
  },
  cwd: { flags: "--cwd <dir>", description: "another Pulumi project's directory (default: this project)" },
  policyPack: {
    flags: "--policy-pack <dir>",
    description: "check with this pack (default: policies; none with --cwd)",
  },
  target: { flags: "--target <urn>", description: "only this resource; can be repeated" },
  json: {
    flags: "--json",
    description:
      "JSON on standard output and nothing else there: one document, or engine events, one a line (use npm run -s)",
  },
  diff: { flags: "--diff", description: "show the properties that change" },
  expectNoChanges: { flags: "--expect-no-changes", description: "exit code 7 when anything would change" },
  yes: { flags: "-y, --yes", description: "apply without asking" },
  skipPreview: { flags: "--skip-preview", description: "apply at once; policies then stop half-way instead of before" },
  unprotect: { flags: "--unprotect", description: "delete protected resources too" },
  only: {
    flags: "--only <name>",
    description: "one benchmark: sites, components, policies, plain, state, start or real-engine",
  },
  runs: {
    flags: "--runs <number>",
    description: "how often everything is measured (default: 3, and 1 for a drill)",
  },
  quick: { flags: "--quick", description: "less of everything: shows that it runs, measures nothing" },
  output: { flags: "--output <dir>", description: "where the files go (default: below .report)" },
  pullRequest: {
    flags: "--pull-request <number>",
    description: "post the comment there, in GITHUB_REPOSITORY with GITHUB_TOKEN; edited in place, one for all stacks",
  },
  commit: { flags: "--commit <sha>", description: "the commit that links point to (default: GITHUB_SHA)" },
  list: { flags: "--list", description: "the rules, and what they check in each stack: what the command does anyway" },
  check: { flags: "--check", description: "write nothing; exit code 7 when anything generated is stale" },
  refresh: { flags: "--refresh", description: "ask the public Azure retail price API, and write what it says" },
  override: {
    flags: "--override <guard=reason>",
    description: "set a plan guard (stateful, blast-radius, retention) aside, and say why; can be repeated",
  },
  overridesOf: {
    flags: "--overrides-of <number|commit>",
    description:
      "set aside the plan guards that labels of this pull request name, or of the one merged as the checked-out commit; reads GITHUB_REPOSITORY with RUN_TOKEN",
  },
  savePlan: { flags: "--save-plan <file>", description: "write down what up would do, for up --approved-plan" },
  approvedPlan: {
    flags: "--approved-plan <file>",
    description: "apply only if the preview is still the saved one; exit code 7 if it is not",
  },
  approvedDigest: {
    flags: "--approved-digest <sha256>",
    description: "with --approved-plan: the digest that was approved",
  },
  smoke: {
    flags: "--smoke",
    description:
      "afterwards ask what was deployed whether it works; if not, the previous revisions get their traffic back",
  },
  breakStaleLock: {
    flags: "--break-stale-lock",
    description: "if a workflow run that has ended left the stack locked, break the lock",
  },
  breakGlass: {
    flags: "--break-glass <reason>",
    description: "apply without review: opens an incident, pages, and asks for the review afterwards",
  },
  base: { flags: "--base <commit>", description: "what to compare the checked-out commit with" },
  title: { flags: "--title <text>", description: "a pull request's title; must name the affected stacks" },
  file: {
    flags: "--file",
    description:
      "keep the stack's issue in GITHUB_REPOSITORY with GITHUB_TOKEN: open, update, close it; DRIFT_SLACK_WEBHOOK is told what is new",
  },
  scenario: {
    flags: "--scenario <name>",
    description: "what goes wrong; can be repeated, or all (default: host-loss)",
  },
  seed: { flags: "--seed <number>", description: "repeats the same writes (default: 1)" },
  real: { flags: "--real", description: "on the real hosts, over SSH; asks before everything that interrupts service" },
  keep: { flags: "--keep", description: "keep the directories of the hosts that were made" },
  dryRun: { flags: "--dry-run", description: "say what would be done, and do nothing" },
  database: { flags: "--database <name>", description: "only this database; can be repeated" },
  live: {
    flags: "--live <dir>",
    description: "on the primary: where the databases are, to compare rows and age with what they hold now",
  },
  dumps: {
    flags: "--dumps <dir>",
    description: "test PostgreSQL too: restore <database>.dump of pg_dump --format=custom into a scratch server here",
  },
  copies: { flags: "--copies", description: "test the immutable copies instead of what Litestream writes" },
  ...failoverOnly,
  settings: { flags: "--settings <file>", description: "this machine's settings (default: ~/system/etc/host.json)" },
  showSecrets: { flags: "--show-secrets", description: "print secret outputs in clear text" },
};

/** `policyPack` as it is typed: `policy-pack`. */
export function optionWord(name: OptionName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export const optionNames = Object.keys(optionDefinitions).filter(isOptionName);

function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(optionDefinitions, name);
}
