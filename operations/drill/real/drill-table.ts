import { setTimeout as sleep } from "node:timers/promises";
import { type DrillHost, quoted } from "../hosts/drill-host";
import { databasesOf } from "../hosts/host-databases";
import { roleOf } from "../phases/role";

/** A handover may be under way when a drill is interrupted. */
const handoverSeconds = 60;

/**
 * Removes the drill's table from the databases of whichever host is primary: that is replicated like everything else.
 *
 * @param patienceSeconds until it is given up that a host is primary
 * @returns what could not be done, in words; undefined when it is gone
 */
export async function removeTables(
  hosts: readonly DrillHost[],
  patienceSeconds: number = handoverSeconds,
): Promise<string | undefined> {
  const primary = await primaryOf(hosts, patienceSeconds);
  if (primary === undefined) {
    return `no host is primary; once one is, remove the drill's table from its databases: DROP TABLE IF EXISTS drill_rows`;
  }
  const { sqlite3 } = primary.settings.programs;
  const drops = databasesOf(primary.settings).map(({ path }) => {
    const drop = `${quoted(sqlite3)} -cmd '.timeout 10000' ${quoted(path)} 'DROP TABLE IF EXISTS drill_rows'`;
    return `test ! -s ${quoted(path)} || ${drop} 2>&1 || { echo ${quoted(path)}; left=1; }`;
  });
  const script = ["left=0", ...drops, "exit $left"].join("\n");
  const { exitCode, stdout, stderr } = await primary.shell(script, { timeoutSeconds: 300 });
  return exitCode === 0
    ? undefined
    : `the table drill_rows is still in databases of ${primary.name}: ${`${stdout}${stderr}`.trim()}`;
}

async function primaryOf(hosts: readonly DrillHost[], patienceSeconds: number): Promise<DrillHost | undefined> {
  for (const deadline = Date.now() + patienceSeconds * 1000; ; await sleep(1000)) {
    const roles = await Promise.all(hosts.map(async (host) => ({ host, role: await roleOf(host) })));
    // Who has not seen a newer term yet still says what it was.
    const newest = Math.max(...roles.map(({ role }) => role?.term ?? 0));
    const primary = roles.find(({ role }) => role?.role === "primary" && role.term === newest);
    if (primary !== undefined || Date.now() > deadline) return primary?.host;
  }
}
