import { join } from "node:path";
import { type BackupPromise, backupPromises } from "../../inventory/backup-promise";
import { MissingProgramError } from "../../operations/drill/drill-error";
import { executableOnPath, findLitestream } from "../../operations/drill/litestream-program";
import { raiseAlarm } from "../../operations/restore-test/alarm";
import { keepReport, readKnownRows } from "../../operations/restore-test/kept-reports";
import { reportLines } from "../../operations/restore-test/report-pages";
import { sourceSettings, testReplicas } from "../../operations/restore-test/test-replicas";
import { brokenDatabases, reportSummary } from "../../operations/restore-test/test-report";
import { type AlaiInventory, loadAlaiInventory } from "../../stacks/alai/inventory";
import { type Command, type CommandContext, done } from "../command";
import { CommandError, exitCodes } from "../exit-codes";
import { givenPath, projectRoot } from "../project-root";

/** Restores the newest backup of each database into a scratch place and says what is wrong; changes nothing. */
export const restoreTest: Command = async (context) => {
  const { json = false, live, copies = false, output } = context.options;
  const stack = namedStack(context);
  const inventory = loadAlaiInventory();
  const { account, container } = storeOf(inventory, stack, copies);
  const promises = chosen(backupPromises(inventory), context.options.database);
  const directory = givenPath(output ?? join(".report", stack, "restore-test"));
  const source = sourceSettings(account, container, inventory.hosts.software.lease, process.env);
  context.say(`stack ${stack} · ${source.endpoint} · ${container} · ${promises.length} databases`);
  const report = await testReplicas({
    stack,
    source,
    promises,
    programs: await neededPrograms(),
    now: new Date(),
    live: live === undefined ? undefined : givenPath(live),
    knownRows: readKnownRows(directory),
    signal: context.signal,
  });
  keepReport(directory, report);
  for (const line of reportLines(report)) context.say(line);
  if (json) context.output.write(`${JSON.stringify(report, undefined, 2)}\n`);
  const untold = await alarm(context, report);
  const broken = brokenDatabases(report).length;
  if (broken === 0 && untold === undefined) return done(reportSummary(report));
  return { exitCode: exitCodes.error, summary: `${reportSummary(report)}, exit code 1` };
};

async function alarm(context: CommandContext, report: Parameters<typeof raiseAlarm>[1]): Promise<string | undefined> {
  const webhook = process.env.RESTORE_TEST_SLACK_WEBHOOK;
  if (webhook === undefined || webhook === "") return undefined;
  const untold = await raiseAlarm(webhook, report);
  if (untold !== undefined) context.say(untold);
  return untold;
}

function namedStack({ options }: CommandContext): string {
  if (options.stack !== undefined) return options.stack;
  throw new CommandError(
    exitCodes.badConfiguration,
    "restore-test has no default stack:\n  npm run restore-test -- --stack prod",
  );
}

/** The account that a stack's hosts replicate to, and the container that is tested. */
function storeOf({ backup, databases }: AlaiInventory, stack: string, copies: boolean) {
  const store = backup.stores[stack];
  const account = process.env.BACKUP_STORE_ACCOUNT ?? store?.adopt?.account;
  if (store === undefined || account === undefined) {
    const known = Object.entries(backup.stores).flatMap(([name, { adopt }]) => (adopt === undefined ? [] : [name]));
    throw new CommandError(
      exitCodes.badConfiguration,
      `backup.yaml names no account that hosts replicate to for "${stack}"; it does for ${known.join(", ")}. BACKUP_STORE_ACCOUNT names another`,
    );
  }
  if (!copies) return { account, container: databases.container };
  const found = store.containers.find((each) => each.holds !== "litestream" && each.copiesOf === databases.container);
  if (found !== undefined) return { account, container: found.name };
  throw new CommandError(
    exitCodes.badConfiguration,
    `backup.yaml has no copies of ${databases.container} for "${stack}"`,
  );
}

function chosen(promises: readonly BackupPromise[], names: readonly string[] = []): readonly BackupPromise[] {
  const unknown = names.filter((name) => !promises.some(({ database }) => database === name));
  if (unknown.length > 0) {
    throw new CommandError(exitCodes.badConfiguration, `databases.yaml has no ${unknown.join(", ")}`);
  }
  return names.length === 0 ? promises : promises.filter(({ database }) => names.includes(database));
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
