import { readdirSync } from "node:fs";
import { join } from "node:path";
import { RunningAgent, readAgentDefinition } from "./running-agent";

/** What `launchctl` answers: its exit code is macOS's for the same situation. */
export interface LaunchctlAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LaunchdOptions {
  /** The property lists that are loaded at log-in. */
  readonly agentsDirectory: string;
  /** The user's home, for the agents' environment. */
  readonly home: string;
  /** Is told the process id of each agent that is started. */
  readonly started?: (pid: number) => void;
}

/**
 * A fake of launchd for one host of a drill on a machine that has none: loads property lists, keeps their programs running with
 * launchd's small environment, and answers `launchctl`. What was disabled stays so over {@link crash} and {@link start}.
 */
export class Launchd {
  private readonly agents = new Map<string, RunningAgent>();
  private readonly disabled = new Set<string>();

  /** What agents that are loaded from now on get beside what launchd itself sets. */
  environment: Readonly<Record<string, string>> = {};

  constructor(private readonly options: LaunchdOptions) {}

  /** Logs in: loads every property list in the directory. */
  async start(): Promise<void> {
    const { agentsDirectory } = this.options;
    const names = readdirSync(agentsDirectory).filter((name) => name.endsWith(".plist"));
    for (const name of names.sort()) {
      const agent = await this.read(join(agentsDirectory, name));
      if (!this.disabled.has(agent.definition.Label)) this.load(agent);
    }
  }

  /** The machine is gone: nothing gets a signal that it could act on. */
  async crash(): Promise<void> {
    const agents = [...this.agents.values()];
    this.agents.clear();
    await Promise.all(agents.map((agent) => agent.crash()));
  }

  /** Logs out: everything may end in its own way. */
  async stop(): Promise<void> {
    const agents = [...this.agents.values()];
    this.agents.clear();
    await Promise.all(agents.map((agent) => agent.unload()));
  }

  agent(label: string): RunningAgent | undefined {
    return this.agents.get(label);
  }

  get labels(): readonly string[] {
    return [...this.agents.keys()].sort();
  }

  isDisabled(label: string): boolean {
    return this.disabled.has(label);
  }

  setDisabled(label: string, disabled: boolean): void {
    if (disabled) this.disabled.add(label);
    else this.disabled.delete(label);
  }

  read(path: string): Promise<RunningAgent> {
    const { started } = this.options;
    return readAgentDefinition(path).then(
      (definition) => new RunningAgent(definition, path, this.agentEnvironment(), started),
    );
  }

  load(agent: RunningAgent): void {
    this.agents.set(agent.definition.Label, agent);
    agent.load();
  }

  /** As launchd, it has an agent until its process has ended. */
  async unload(label: string): Promise<void> {
    const agent = this.agents.get(label);
    await agent?.unload();
    if (this.agents.get(label) === agent) this.agents.delete(label);
  }

  private agentEnvironment(): Readonly<Record<string, string>> {
    const { home } = this.options;
    return { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", HOME: home, TMPDIR: "/tmp", LANG: "C", ...this.environment };
  }
}
