import { quoteForShell } from "../../../lib/shell-quote";
import type { HostDatabase } from "../../../programs/host/host-settings";
import { DrillError } from "../../programs/external-program";
import { type BackgroundProgram, startShellInBackground } from "../hosts/drill-agents";
import { type DrillHost, readHostFile } from "../hosts/drill-host";

/** An agent as launchd has it. */
export interface HostAgent {
  readonly label: string;
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
}

/** Labels of the agents that a host's package installed, whether they are loaded or not. Others may have the same prefix. */
export async function listInstalledAgents(host: DrillHost): Promise<readonly string[]> {
  const manifest = (await readHostFile(host, `${host.settings.root}/etc/installed.sha256`)) ?? "";
  return [...manifest.matchAll(/^\S+ {2}agents\/(\S+)\.plist$/gm)].flatMap(([, label]) => label ?? []);
}

/**
 * The installed agents that are loaded on a host.
 *
 * Each is asked for by its name: `launchctl list` tells of the caller's own session, which over SSH is not the one that agents are in.
 */
export async function listLoadedAgents(host: DrillHost): Promise<readonly HostAgent[]> {
  const labels = await listInstalledAgents(host);
  const asked = labels.map((label) => `state ${quoteForShell(label)}`);
  const script = `state() {
  printed=$(${quoteForShell(host.settings.programs.launchctl)} print "gui/$(id -u)/$1" 2> /dev/null) || return 0
  printf '%s %s\\n' "$1" "$(printf '%s\\n' "$printed" | sed -n 's/^[[:space:]]*pid = \\([0-9]*\\)$/\\1/p' | head -n 1)"
}
${asked.join("\n")}`;
  const { stdout } = await host.shell(script);
  return [...stdout.matchAll(/^(\S+) (\d*)$/gm)].map(([, label = "", pid = ""]) => ({
    label,
    pid: pid === "" ? undefined : Number(pid),
  }));
}

/** Ends an agent at once, as a crash does. */
export async function killAgent(host: DrillHost, { label }: HostAgent): Promise<void> {
  await host.shell(
    `${quoteForShell(host.settings.programs.launchctl)} kill KILL "gui/$(id -u)/"${quoteForShell(label)}`,
  );
}

/** Processes of a host whose command line contains a text. */
export async function findProcesses(host: DrillHost, text: string): Promise<readonly number[]> {
  const { stdout } = await host.shell("ps -A -ww -o pid=,args=");
  return stdout.split("\n").flatMap((line) => {
    const [, pid, command] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid !== undefined && command?.includes(text) ? [Number(pid)] : [];
  });
}

/** Processes on a host that follow a database. */
export async function findFollowers(host: DrillHost, { path }: HostDatabase): Promise<readonly number[]> {
  const named = await findProcesses(host, path);
  return (await findProcesses(host, " -f ")).filter((pid) => named.includes(pid));
}

/** A follower that stands still. It is stopped again and again: the follow agent wakes what it has put to sleep. */
interface StalledFollower extends BackgroundProgram {
  readonly pid: number;
}

/** @throws {DrillError} when nothing follows the database */
export async function stallFollower(host: DrillHost, database: HostDatabase): Promise<StalledFollower> {
  const [pid] = await findFollowers(host, database);
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
