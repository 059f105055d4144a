import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { RemoteStackNotFoundError } from "../../deployment/automation/automation-errors";
import { printable, printableJson } from "../../deployment/display/terminal";
import { StackNotFoundError } from "../../deployment/project/project-error";
import { loadProject } from "../../deployment/project/project-file";
import { environmentSecrets } from "../../deployment/values/secret-texts";
import { GithubNotConfigured } from "../../lib/github/github-error";
import { postToSlack } from "../../lib/slack";
import { dayAfter, today } from "../../lib/today";
import { readDeployedResources } from "../../operations/drift/deployment-state";
import type { Issue } from "../../operations/drift/drift-issue";
import { type DriftLook, readLook } from "../../operations/drift/drift-look";
import { filingSettings } from "../../operations/drift/file-drift";
import { listAttention } from "../../operations/status/attention";
import { checklistLines, type RecoveryCheck, recoveryChecklist } from "../../operations/status/recovery-checklist";
import { readRetirements } from "../../operations/status/retirements";
import { readStackStatus, type StackStatus } from "../../operations/status/stack-status";
import {
  type StackWithoutStatus,
  type StatusReport,
  stackLines,
  statusTable,
} from "../../operations/status/status-table";
import { type DigestSources, digestLines, mergedTitles, messageEntries } from "../../operations/status/weekly-digest";
import { type PolicyException, readExceptions } from "../../policies/exceptions";
import { ruleIds } from "../../policies/rules";
import { loadServices } from "../../stacks/inventory/application-inventory";
import {
  findStack,
  installsOnMachines,
  personalStacks,
  stackDefinition,
  stackDefinitions,
  systemNames,
} from "../../stacks/registry";
import { stateContainerOf } from "../../stacks/state-container";
import { hostsOf } from "../../stacks/system-hosts";
import { type CommandContext, defineCommand, done, type Outcome, writeDocument } from "../command";
import { badOption, CommandError, exitCodes } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { inOwnBackend } from "../own-backend";
import { projectRoot } from "../project-root";

/** Between two looks. */
const watchSeconds = 30;

const digestDays = 7;

const options = {
  ...sharedOption("stack", "engine", "json"),
  watch: { flags: "--watch", description: `look again every ${watchSeconds} s, until it is interrupted` },
  recovered: {
    flags: "--recovered",
    description:
      "what has to hold before people stand down after a recovery of a stack: what can be checked, and what a person does",
  },
  digest: {
    flags: "--digest [reports]",
    description:
      "what changed, drifted and ends, of all stacks; of those whose --json lies in a directory. DRIFT_SLACK_WEBHOOK is told",
  },
  since: { flags: "--since <day>", description: `of a digest: the first day. Default: ${digestDays} days ago` },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "How the stacks are: what needs a person first; then of each its last change and by whom, lock, secrets, apps, jobs, backups, budget. Changes nothing. docs/daily.md says more.",
  options,
  examples: [
    "npm run status",
    "npm run status -- --stack prod",
    "npm run status -- --watch",
    "npm run status -- --stack betterworld-prod --recovered",
    "npm run status -- --digest --since 2026-11-01",
    "npm run -s status -- --json",
  ],
  stack: "none",
  subject: "stacks",
  run,
});

async function run(context: Context): Promise<Outcome> {
  const { stack, watch = false, recovered = false, digest } = context.options;
  requireKnownStack(stack);
  if (recovered && (stack === undefined || watch))
    throw badOption("--recovered: name the stack that was recovered, with --stack NAME, and leave out --watch");
  const exceptions = readExceptions(`${projectRoot}/policies/exceptions.yaml`, ruleIds);
  if (digest !== undefined) return tellDigest(context, exceptions);
  for (;;) {
    const now = new Date();
    const report = await readReport(context, exceptions, now);
    if (recovered) return checkRecovery(context, report, now);
    print(context, report, now);
    if (!watch) return outcomeOf(report);
    await wait(watchSeconds * 1000, undefined, { signal: context.signal }).catch(() => {});
    if (context.signal.aborted) return done("no longer watched");
  }
}

/** Ends with 4 while something is wrong or could not be read: nobody stands down on what nobody saw. */
function checkRecovery(context: Context, { stacks: [status] }: StatusReport, now: Date): Outcome {
  if (status === undefined || "why" in status)
    throw new CommandError(exitCodes.stackNotFound, `${context.options.stack}: ${status?.why ?? "not read"}`);
  const { services } = loadServices(stackDefinition(status.stack).system);
  const checks = recoveryChecklist(status, new Map(services.map(({ name, tier }) => [name, tier])), now);
  if (context.options.json === true) writeDocument(context, { stack: status.stack, checks });
  else for (const line of checklistLines(checks, context.output)) context.output.write(`${line}\n`);
  const count = (...states: RecoveryCheck["state"][]) => checks.filter(({ state }) => states.includes(state)).length;
  const open = count("wrong", "unknown");
  const people = `${count("person")} for a person`;
  if (open === 0) return done(`${count("ok")} hold, ${people}`);
  return { exitCode: exitCodes.resource, summary: `${open} do not hold or could not be read, ${people}, exit code 4` };
}

/** @throws {CommandError} naming the stacks, when there is none of that name */
export function requireKnownStack(stack: string | undefined): void {
  if (stack === undefined || findStack(stack) !== undefined) return;
  const known = stackDefinitions.map(({ name }) => name).join(", ");
  throw new CommandError(exitCodes.stackNotFound, `there is no stack "${stack}"; the stacks are ${known}`);
}

/** The week's digest: printed, and told to the team's channel where the environment names it. */
async function tellDigest(context: Context, exceptions: readonly PolicyException[]): Promise<Outcome> {
  const { digest, since = dayAfter(today(), -digestDays) } = context.options;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(since) || Number.isNaN(Date.parse(since))) {
    throw badOption(`--since: expected a day, YYYY-MM-DD, got "${since}"`);
  }
  const reports =
    typeof digest === "string" ? keptReports(digest) : [await readReport(context, exceptions, new Date())];
  const sources = { since, titles: mergedTitles(projectRoot, since), ...(await readDriftIssues()), now: new Date() };
  for (const line of digestLines(reports, sources)) context.output.write(`${printable(line)}\n`);
  const { DRIFT_SLACK_WEBHOOK: webhook = "" } = process.env;
  if (webhook === "") return done("told nobody: DRIFT_SLACK_WEBHOOK is not set");
  const problem = await postToSlack(webhook, { text: digestLines(reports, sources, messageEntries).join("\n") });
  if (problem === undefined) return done("told the team's channel");
  return { exitCode: exitCodes.resource, summary: `${problem}; nobody was told, exit code ${exitCodes.resource}` };
}

/** What \`status --json\` wrote of some stacks each. Whoever wrote them is the run itself: one that cannot be read ends it. */
function keptReports(directory: string): readonly StatusReport[] {
  const names = readdirSync(directory).filter((name) => name.endsWith(".json"));
  if (names.length === 0) throw badOption(`--digest: ${directory} has no report of status --json`);
  return names.sort().map((name) => JSON.parse(readFileSync(join(directory, name), "utf8")));
}

/** What is filed of drift, and when people looked at what no workflow compares. */
async function readDriftIssues(): Promise<Pick<DigestSources, "drift" | "looks">> {
  try {
    const { issues } = filingSettings(process.env);
    const [drift, looks]: [Issue[], DriftLook[]] = [[], []];
    for (const { name } of stackDefinitions) drift.push(...(await issues.open(name)));
    for (const stack of personalStacks) looks.push(await readLook(issues, stack));
    return { drift, looks };
  } catch (error) {
    if (!(error instanceof GithubNotConfigured)) throw error;
    const unread = { why: "GitHub was not asked (GITHUB_REPOSITORY, RUN_TOKEN)" };
    return { drift: unread, looks: unread };
  }
}

function outcomeOf({ attention }: StatusReport): Outcome {
  const urgent = attention.filter(({ when }) => when === "now").length;
  if (attention.length === 0) return done("nothing needs a person");
  return done(`${urgent} now, ${attention.length - urgent} soon`);
}

function print(context: Context, report: StatusReport, now: Date): void {
  const { json, watch, stack } = context.options;
  if (json === true) {
    context.output.write(`${printableJson(report, watch === true ? undefined : 2)}\n`);
    return;
  }
  if (watch === true && context.output.interactive) context.output.write(clearScreen);
  for (const line of statusTable(report, now, context.output)) context.output.write(`${line}\n`);
  if (stack === undefined) return;
  for (const status of report.stacks) {
    if (!("why" in status)) for (const line of stackLines(status)) context.say(line);
  }
}

/** Erases a terminal and goes to its first line. */
const clearScreen = "\u001b[2J\u001b[H";

async function readReport(context: Context, exceptions: readonly PolicyException[], now: Date): Promise<StatusReport> {
  const { stack } = context.options;
  const names = stack === undefined ? stackDefinitions.map(({ name }) => name) : [stack];
  const stacks: (StackStatus | StackWithoutStatus)[] = [];
  // One after the other: each holds its whole state in memory while it is read.
  for (const name of names) stacks.push(await inOwnBackend(name, () => readOne(context, name, exceptions)));
  const systems = stack === undefined ? systemNames : [stackDefinition(stack).system];
  const retired = systems.flatMap((system) =>
    readRetirements(projectRoot, system).map((entry) => ({ system, ...entry })),
  );
  const deployed = stacks.flatMap((status) => ("why" in status ? [] : [status]));
  const report = { at: now.toISOString(), attention: listAttention(deployed, retired, now), stacks, retired };
  return environmentSecrets().maskedValue(report);
}

async function readOne(
  context: Context,
  stack: string,
  exceptions: readonly PolicyException[],
): Promise<StackStatus | StackWithoutStatus> {
  try {
    const engine = await context.open(stack);
    try {
      const state = await engine.exportedState();
      if (readDeployedResources(state).length === 0) return { stack, why: "never deployed" };
      const { project } = loadProject(projectRoot);
      const hosts = installsOnMachines(stack) ? hostsOf(stackDefinition(stack)) : undefined;
      return await readStackStatus({
        ...{ stack, project: project.name, state, exceptions },
        ...{ updates: engine.updates, readings: engine.readings, releases: engine.releases },
        hosts: hosts && { of: hosts, read: () => engine.readHosts(hosts) },
        // Of the sandbox's stacks nobody keeps it.
        look:
          context.engine === "pulumi" && personalStacks.includes(stack)
            ? async () => readLook(filingSettings(process.env).issues, stack)
            : undefined,
      });
    } finally {
      await engine.close();
    }
  } catch (error) {
    if (error instanceof StackNotFoundError) return { stack, why: "never deployed" };
    if (error instanceof RemoteStackNotFoundError) {
      const { PULUMI_BACKEND_URL: url = "" } = process.env;
      if (url.startsWith("azblob://")) return { stack, why: `never deployed: ${url} has none` };
      return { stack, why: `not in this backend; is PULUMI_BACKEND_URL=azblob://${stateContainerOf(stack)}?` };
    }
    const [why = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { stack, why: `not read: ${why}` };
  }
}
