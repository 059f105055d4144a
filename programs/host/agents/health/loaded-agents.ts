import { execFile } from "node:child_process";
import type { HostSettings } from "../../host-settings";

export interface LoadedAgent {
  readonly label: string;
  readonly running: boolean;
}

const timeoutMs = 5000;

/** Which of the host's agents run, as launchd says. Nothing when launchd does not say. */
export function loadedAgents(settings: HostSettings): Promise<readonly LoadedAgent[] | undefined> {
  return new Promise((resolve) => {
    execFile(settings.programs.launchctl, ["list"], { timeout: timeoutMs }, (error, stdout) => {
      resolve(error === null ? agentsIn(stdout, expectedLabels(settings)) : undefined);
    });
  });
}

/** The labels of our agents, those of programs that only the primary runs last. */
export function expectedLabels({ labelPrefix, replication, primaryOnlyAgents }: HostSettings): readonly string[] {
  const own = [
    "lease",
    ...replication.map(({ policy }) => `replicate-${policy}`),
    "follow",
    "health",
    "inference",
    "rotate-logs",
    "tidy",
  ];
  return [...own.map((name) => `${labelPrefix}.${name}`), ...primaryOnlyAgents];
}

/** Reads `launchctl list`: process id or `-`, last exit status, label. */
export function agentsIn(listing: string, labels: readonly string[]): readonly LoadedAgent[] {
  const processes = new Map(
    listing.split("\n").map((line) => {
      const [pid = "-", , label = ""] = line.split("\t");
      return [label.trim(), pid] as const;
    }),
  );
  return labels.map((label) => ({ label, running: /^\d+$/.test(processes.get(label) ?? "") }));
}
