import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { statusNow } from "../../../programs/host/agents/health/health-agent";
import { HostFactsReader } from "../../../programs/host/agents/health/host-facts";
import type { HostStatus } from "../../../programs/host/agents/health/host-status";
import type { HostSettings } from "../../../programs/host/host-settings";
import type { RoleFile } from "../../../programs/host/lease/lease";
import { pairSettings } from "./pair-settings";

export const agentLabels = [
  "lease",
  "replicate-p0-critical",
  "follow",
  "health",
  "inference",
  "rotate-logs",
  "tidy",
  "orchestrator",
];

export const now = (): string => new Date().toISOString();
export const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

/** The directory of a primary with which nothing is wrong; a test makes it ill. */
export class HealthyHost {
  readonly root = mkdtempSync(join(tmpdir(), "host-health-"));

  constructor() {
    for (const directory of ["state", "databases", "etc"]) mkdirSync(join(this.root, directory));
    this.runningAgents(agentLabels);
    this.role({ role: "primary", term: 3, since: now(), confirmedAt: now() });
    this.state("inference-health.json", { anvil: { healthy: true }, forge: { healthy: true } });
    this.state("inference-routing.json", { checkedAt: now(), term: 3, redirects: [], problems: [] });
  }

  get launchctl(): string {
    return join(this.root, "launchctl");
  }

  state(name: string, document: object): void {
    writeFileSync(join(this.root, "state", name), JSON.stringify(document));
  }

  role(file: RoleFile): void {
    this.state("role.json", file);
  }

  /**
   * What `launchctl list` prints: process id, last exit status, label. `launchctl print` knows others.
   *
   * @param others what is loaded beside ours, with its domain: `gui/com.alai.litestream`
   */
  runningAgents(running: readonly string[], others: readonly string[] = []): void {
    const rows = agentLabels.map((name, index) => `${running.includes(name) ? 500 + index : "-"}\t0\tno.alai.${name}`);
    const listed = `printf '%s\\n' 'PID\tStatus\tLabel' ${rows.map((row) => `'${row}'`).join(" ")}; exit`;
    const known = others.map((other) => `print\\ ${other.replace("/", "/*/")}) exit;;`).join("\n");
    writeFileSync(this.launchctl, `#!/bin/sh\ncase "$*" in\nlist) ${listed};;\n${known}\nesac\nexit 113\n`, {
      mode: 0o755,
    });
  }

  settings(port = 8099): HostSettings {
    const base = pairSettings({ root: this.root, host: "forge", health: { port } });
    const predecessors = [{ label: "com.alai.litestream", does: "replicate" } as const];
    return { ...base, predecessors, programs: { ...base.programs, launchctl: this.launchctl } };
  }

  status(reader = new HostFactsReader(this.settings()), at = new Date()): Promise<HostStatus> {
    return statusNow(reader, this.settings(), at);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export const texts = ({ problems }: HostStatus): string[] => problems.map(({ level, text }) => `${level}: ${text}`);
