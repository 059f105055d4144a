import type { HostDatabase } from "../../../programs/host/host-settings";
import { DrillError } from "../../programs/drill-error";
import { type BackgroundProgram, startShellInBackground } from "../hosts/background-program";
import type { DrillHost } from "../hosts/drill-host";
import { processesWith } from "./agents";

/** Processes on a host that follow a database. */
export async function followersOf(host: DrillHost, { path }: HostDatabase): Promise<readonly number[]> {
  const named = await processesWith(host, path);
  return (await processesWith(host, " -f ")).filter((pid) => named.includes(pid));
}

/** A follower that stands still. It is stopped again and again: the follow agent wakes what it has put to sleep. */
export interface StalledFollower extends BackgroundProgram {
  readonly pid: number;
}

/** @throws {DrillError} when nothing follows the database */
export async function stallFollower(host: DrillHost, database: HostDatabase): Promise<StalledFollower> {
  const [pid] = await followersOf(host, database);
  if (pid === undefined) throw new DrillError(`${host.name} has no process that follows ${database.name}`);
  const loop = await startShellInBackground(host, `while kill -STOP ${pid}; do sleep 0.05; done`);
  return {
    pid,
    stop: async () => {
      await loop.stop();
      await host.shell(`kill -CONT ${pid}`);
    },
  };
}
