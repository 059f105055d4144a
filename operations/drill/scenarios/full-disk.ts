import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { check } from "../evidence/drill-evidence";
import { inspectCopy, listDatabases } from "../hosts/host-databases";
import type { LocalPlan } from "../hosts/local-plan";
import { runFailover } from "../phases/fail-over";
import { reachSteadyState, waitForArrival } from "../phases/following";
import { readCommittedRows, readHealth } from "../phases/host-state";
import { waitFor } from "../wait";
import { requireLocalSite, type Scenario } from "./scenario";

/** Four times what the databases need in a drill. */
const megabytes = 64;
const fullSeconds = 30;
const catchUpSeconds = 240;

export const fullDisk: Scenario = {
  name: "full-disk",
  description: "The standby's disk is full: nothing more can be written to its copies.",
  endState:
    "The standby says that it is not healthy, and a failover to it is refused; the primary is not disturbed; with room again it catches up, and no copy is damaged.",
  hindrance: (site) => requireLocalSite(site) ?? explainMissingMount(),
  prepare: mountSmallFileSystem,
  run: async (site, { steadySeconds }) => {
    const { anvil, forge, timeline } = site;
    await site.start();
    await reachSteadyState(site, steadySeconds / 2);
    const directory = `${forge.settings.root}/following`;
    const began = timeline.note(forge.name, "disk full");
    await forge.shell(`cat /dev/zero > '${directory}/ballast' 2>/dev/null`);
    const unhealthy = await waitFor(`${forge.name} says that it is not healthy`, 90, async () => {
      const status = await readHealth(forge);
      return status !== 200 ? String(status ?? "no answer") : undefined;
    });
    timeline.note(forge.name, `health endpoint: ${unhealthy}`);
    await sleep(fullSeconds * 1000, undefined, { signal: site.signal });
    const refused = await runFailover({ to: forge, from: forge, options: ["--primary-is-lost", "--yes", "--json"] });
    const meanwhile = (await readCommittedRows(anvil)).filter(({ at }) => at > began).length;
    await forge.shell(`rm -f '${directory}/ballast'`);
    timeline.note(forge.name, "there is room again");
    const seconds = await waitForArrival(site, catchUpSeconds);
    timeline.note(forge.name, "has every row again");
    const followed = listDatabases(forge.settings).filter(({ followedByStandby }) => followedByStandby);
    const found = await Promise.all(followed.map((database) => inspectCopy(forge, site.copyPath(database))));
    const damaged = found.filter(({ integrity }) => integrity === "damaged").length;
    return {
      databases: [],
      checks: [
        check("the standby says so", "503", unhealthy, unhealthy === "503"),
        check("a failover to it is refused", "exit code 5", `exit code ${refused.exitCode}`, refused.exitCode === 5),
        check("the primary is not disturbed", "some rows", `${meanwhile} rows`, meanwhile > 0),
        check("every row is with the standby", `within ${catchUpSeconds} s`, `after ${seconds.toFixed(1)} s`, true),
        check("damaged copies", "none", damaged === 0 ? "none" : String(damaged), damaged === 0),
      ],
    };
  },
};

/** A file system that one process may fill without harm to others needs the right to mount one. */
function explainMissingMount(): string | undefined {
  const isRoot = process.getuid?.() === 0;
  return process.platform === "linux" && isRoot
    ? undefined
    : "it mounts a small file system, which needs root on Linux";
}

/** Puts a small file system below the standby's copies. */
function mountSmallFileSystem({ forge }: LocalPlan): () => void {
  const directory = join(forge.home, "system", "following");
  mkdirSync(directory, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "landscape-drill", directory]);
  return () => execFileSync("umount", ["-l", directory]);
}
