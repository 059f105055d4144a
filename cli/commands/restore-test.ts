import { existsSync } from "node:fs";
import { join } from "node:path";
import { environmentSecrets } from "../../deployment/values/secret-texts";
import { executableOnPath, MissingProgramError } from "../../operations/programs/external-program";
import { findLitestream } from "../../operations/programs/litestream-program";
import { raiseAlarm, raiseUntestedAlarm } from "../../operations/restore-test/alarm";
import { findPostgresPrograms } from "../../operations/restore-test/postgres/scratch-server";
import { resultName, testDumps } from "../../operations/restore-test/postgres/test-dumps";
import { keepReport, readKnownRows, reportLines } from "../../operations/restore-test/report-pages";
import { sourceSettings, testReplicas } from "../../operations/restore-test/test-replicas";
import {
  type KnownRows,
  listBrokenDatabases,
  reportSummary,
  StoreSignInError,
  type TestReport,
} from "../../operations/restore-test/test-report";
import { stackDefinition } from "../../stacks/registry";
import { type BackupPromise, hostsOf, type SystemHosts } from "../../stacks/system-hosts";
import { type CommandContext, cancelledOutcome, defineCommand, done, type Outcome, writeDocument } from "../command";
import { CommandError, exitCodes } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { givenPath, projectRoot } from "../project-root";

/** Dumps are made daily; an hour is for the making. */
const dumpsStaleAfterSeconds = 25 * 3600;

const options = {
  ...sharedOption("stack", "output", "json"),
  database: { flags: "--database <name>", description: "only this database; can be repeated", repeatable: true },
  live: {
    flags: "--live <dir>",
    description: "on the primary: where the databases are, to compare rows and age with what they hold now",
  },
  copies: { flags: "--copies", description: "test the immutable copies instead of what Litestream writes" },
  dumps: {
    flags: "--dumps <dir>",
    description: "test PostgreSQL too: restore <database>.dump of pg_dump --format=custom into a scratch server here",
  },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "Restore the newest backup of each database into a scratch place; check integrity, rows and age against the tier's promise. Changes nothing; exit code 1 when a backup is missing, stale or broken.",
  options,
  examples: [
    "npm run restore-test -- --stack prod",
    "npm run restore-test -- --stack prod --database mission-control --live /Users/operator/system/databases",
    "npm run restore-test -- --stack prod --database postgres/hivemind --dumps ./dumps",
    "RESTORE_TEST_SLACK_WEBHOOK=https://hooks.slack.com/… npm run -s restore-test -- --stack prod --json",
  ],
  stack: "none",
  run,
});

/** Restores the newest backup of each database into a scratch place and says what is wrong; changes nothing. */
async function run(context: Context): Promise<Outcome> {
  const stack = namedStack(context);
  const hosts = hostsOf(stackDefinition(stack));
  const chosen = chosenDatabases(context, hosts, stack);
  const directory = givenPath(context.options.output ?? join(".report", stack, "restore-test"));
  const knownRows = readKnownRows(directory);
  refuseWrongLive(context, hosts);
  // Both to the end: what one of them started must not outlive the command.
  const tests = await Promise.allSettled([
    chosen.promises.length === 0 ? [] : replicasReport(context, hosts, stack, chosen.promises, knownRows),
    chosen.dumps.length === 0 ? [] : dumpsReport(context, stack, chosen.dumps, knownRows),
  ]);
  const failed = tests.find((test) => test.status === "rejected");
  if (failed !== undefined && context.signal.aborted) return cancelledOutcome(context, "nothing was changed");
  if (failed !== undefined) throw await raiseUntested(context, stack, failed.reason);
  const [first, ...others] = tests.flatMap((test) => (test.status === "fulfilled" ? test.value : []));
  if (first === undefined) throw new CommandError(exitCodes.badConfiguration, "there is no database to test");
  const source = [first, ...others].map((each) => each.source).join(", ");
  const databases = [first, ...others].flatMap((each) => each.databases);
  return printReport(context, { ...first, source, databases }, directory);
}

async function printReport(context: Context, told: TestReport, directory: string): Promise<Outcome> {
  // What it says of a database that cannot be restored is what programs and stores said; it is kept, and told to a channel.
  const report = environmentSecrets().maskedValue(told);
  keepReport(directory, report);
  for (const line of reportLines(report)) context.say(line);
  if (context.options.json === true) writeDocument(context, report);
  const untold = await alarm(context, report);
  const broken = listBrokenDatabases(report).length;
  if (broken === 0 && untold === undefined) return done(reportSummary(report));
  return { exitCode: exitCodes.error, summary: `${reportSummary(report)}, exit code 1` };
}

/** Tells that nothing could be tested, and returns the error with its exit code. */
async function raiseUntested(context: Context, stack: string, reason: unknown): Promise<Error> {
  const error = reason instanceof Error ? reason : new Error(String(reason));
  const webhook = process.env.RESTORE_TEST_SLACK_WEBHOOK ?? "";
  const untold =
    webhook === "" ? undefined : await raiseUntestedAlarm(webhook, stack, environmentSecrets().masked(error.message));
  if (untold !== undefined) context.say(untold);
  return error instanceof StoreSignInError ? new CommandError(exitCodes.authentication, error.message) : error;
}

/** A wrong directory would look like one whose databases do not exist yet, which hides that their backups are missing. */
function refuseWrongLive({ options: { live, copies = false } }: Context, { promises }: SystemHosts): void {
  if (live === undefined) return;
  const directory = givenPath(live);
  const files = promises.map(({ database }) => `${database}.db`);
  const problems = [
    ...(files.some((file) => existsSync(join(directory, file)))
      ? []
      : [`--live ${directory} holds none of the databases, such as ${files[0]}; it is for the primary's directory`]),
    ...(copies
      ? ["copies are hours behind the live databases, as they should be: use --copies or --live, not both"]
      : []),
  ];
  if (problems.length > 0) throw new CommandError(exitCodes.badConfiguration, problems.join("\n"));
}

async function replicasReport(
  context: Context,
  hosts: SystemHosts,
  stack: string,
  promises: readonly BackupPromise[],
  knownRows: KnownRows,
): Promise<readonly TestReport[]> {
  const { live, copies = false } = context.options;
  const { account, container } = storeOf(hosts, stack, copies);
  const lease = copies ? { container, newestBelow: "leases/" } : hosts.lease;
  const source = sourceSettings(account, container, lease, process.env);
  context.say(`${source.endpoint} · ${container} · ${promises.length} databases`);
  const report = await testReplicas({
    stack,
    source,
    promises,
    programs: await neededPrograms(),
    now: new Date(),
    live: live === undefined ? undefined : givenPath(live),
    knownRows,
    signal: context.signal,
  });
  return [report];
}

async function dumpsReport(
  { options }: Context,
  stack: string,
  databases: readonly string[],
  knownRows: KnownRows,
): Promise<readonly TestReport[]> {
  const bin = findPostgresPrograms();
  if (bin === undefined) {
    throw new CommandError(
      exitCodes.badConfiguration,
      "no PostgreSQL server is installed here; PGBIN names its programs",
    );
  }
  const now = new Date();
  const directory = givenPath(options.dumps ?? "");
  const test = { bin, directory, databases, now, staleAfterSeconds: dumpsStaleAfterSeconds, knownRows };
  return [{ version: 1, stack, at: now.toISOString(), source: directory, databases: await testDumps(test) }];
}

async function alarm(context: Context, report: TestReport): Promise<string | undefined> {
  const webhook = process.env.RESTORE_TEST_SLACK_WEBHOOK;
  if (webhook === undefined || webhook === "") return undefined;
  const untold = await raiseAlarm(webhook, report);
  if (untold !== undefined) context.say(untold);
  return untold;
}

function namedStack({ options }: Context): string {
  if (options.stack !== undefined) return options.stack;
  throw new CommandError(
    exitCodes.badConfiguration,
    "restore-test has no default stack:\n  npm run restore-test -- --stack prod",
  );
}

/** The account that a stack's hosts replicate to, and the container that is tested. */
function storeOf({ backups, replicas }: SystemHosts, stack: string, copies: boolean) {
  const place = backups[stack];
  const account = process.env.BACKUP_STORE_ACCOUNT ?? place?.account;
  if (place === undefined || account === undefined) {
    const known = Object.keys(backups).filter((name) => backups[name]?.account !== undefined);
    throw new CommandError(
      exitCodes.badConfiguration,
      `backup.yaml names no account that hosts replicate to for "${stack}"; it does for ${known.join(", ")}. BACKUP_STORE_ACCOUNT names another`,
    );
  }
  if (!copies) return { account, container: replicas };
  if (place.copies !== undefined) return { account, container: place.copies };
  throw new CommandError(exitCodes.badConfiguration, `backup.yaml has no copies of ${replicas} for "${stack}"`);
}

/** All databases of the inventory, PostgreSQL's when there are dumps of them, or those that are named. */
function chosenDatabases({ options }: Context, { promises, backups }: SystemHosts, stack: string) {
  const postgres = options.dumps === undefined ? [] : (backups[stack]?.postgresDatabases ?? []);
  const names = options.database ?? [];
  const known = [...promises.map(({ database }) => database), ...postgres.map(resultName)];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const why = options.dumps === undefined ? "; those of PostgreSQL need --dumps" : "";
    throw new CommandError(exitCodes.badConfiguration, `databases.yaml has no ${unknown.join(", ")}${why}`);
  }
  const wanted = (name: string) => names.length === 0 || names.includes(name);
  return {
    promises: promises.filter(({ database }) => wanted(database)),
    dumps: postgres.filter((database) => wanted(resultName(database))),
  };
}

async function neededPrograms() {
  const sqlite3 = executableOnPath("sqlite3");
  if (sqlite3 === undefined) {
    throw new CommandError(exitCodes.badConfiguration, "sqlite3 is not on the PATH: install SQLite's shell");
  }
  try {
    return { sqlite3, litestream: await findLitestream(join(projectRoot, ".drill")) };
  } catch (error) {
    if (error instanceof MissingProgramError) throw new CommandError(exitCodes.badConfiguration, error.message);
    throw error;
  }
}
