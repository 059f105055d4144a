import { type DrillHost, quoted } from "../hosts/drill-host";

/** An agent as launchd has it. */
export interface LoadedAgent {
  readonly label: string;
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
}

/** The generated agents that are loaded on a host, without the programs that only the primary runs. */
export async function loadedAgents(host: DrillHost): Promise<readonly LoadedAgent[]> {
  const { stdout } = await host.shell(`${quoted(host.settings.programs.launchctl)} list`);
  const { labelPrefix, primaryOnlyAgents } = host.settings;
  return stdout.split("\n").flatMap((line) => {
    const [pid = "", , label = ""] = line.split("\t");
    if (!label.startsWith(`${labelPrefix}.`) || primaryOnlyAgents.includes(label)) return [];
    return [{ label, pid: /^\d+$/.test(pid) ? Number(pid) : undefined }];
  });
}

/** Ends an agent at once, as a crash does. */
export async function killAgent(host: DrillHost, { label }: LoadedAgent): Promise<void> {
  await host.shell(`${quoted(host.settings.programs.launchctl)} kill KILL "gui/$(id -u)/"${quoted(label)}`);
}

/** Processes of a host whose command line contains a text. */
export async function processesWith(host: DrillHost, text: string): Promise<readonly number[]> {
  const { stdout } = await host.shell("ps -A -o pid=,args=");
  return stdout.split("\n").flatMap((line) => {
    const [, pid, command] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid !== undefined && command?.includes(text) ? [Number(pid)] : [];
  });
}
