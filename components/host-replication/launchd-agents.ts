import { createHash } from "node:crypto";
import type { HostSettings } from "../../programs/host/host-settings";

/** An agent of a host: what launchd runs, and what it depends on. */
export interface LaunchdAgent {
  /** @example "no.alai.replicate-p0-critical" */
  readonly label: string;
  /** The words after `host.mjs agent`. */
  readonly words: readonly string[];
  /** Changes when anything changes that the agent reads when it starts, so that its property list does, and it is started again. */
  readonly fingerprint: string;
}

/** The files an agent may read, beside its settings. */
export interface AgentInputs {
  readonly bundleSha256: string;
  /** Litestream configurations by policy. */
  readonly litestream: Readonly<Record<string, string>>;
  readonly tierRouting: string;
}

/** Seconds launchd waits before it starts an agent again that ended. */
const throttleSeconds = 5;
/** Seconds from SIGTERM to SIGKILL: Litestream sends what it has, within 30. launchd's default is 20. */
const exitSeconds = 60;

/** Every agent of a host. Both hosts have all of them: the lease says which have something to do. */
export function launchdAgents(settings: HostSettings, inputs: AgentInputs): readonly LaunchdAgent[] {
  const { replication, ...others } = settings;
  const agent = (words: readonly string[], ...reads: readonly unknown[]): LaunchdAgent => ({
    label: `${settings.labelPrefix}.${words.join("-")}`,
    words,
    fingerprint: digest([inputs.bundleSha256, ...reads]),
  });
  return [
    agent(["lease"], settings),
    // A new database of another policy is none of its business.
    ...replication.map((process) =>
      agent(["replicate", process.policy], others, process, inputs.litestream[process.policy]),
    ),
    agent(["follow"], settings, inputs.litestream),
    agent(["health"], settings),
    agent(["inference"], others, inputs.tierRouting),
    agent(["rotate-logs"], settings.root),
    agent(["tidy"], settings),
  ];
}

/**
 * The agent's property list. No plist ships with Litestream, and launchd gives an agent next to no environment, so everything is
 * absolute. It holds no secret: agents read those from a file of mode 0600 themselves.
 */
export async function agentPropertyList(settings: HostSettings, agent: LaunchdAgent): Promise<string> {
  // A module in the new format, which CommonJS loads only like this.
  const { build } = await import("plist");
  const log = `${settings.root}/logs/${agent.words.join("-")}`;
  const text = build({
    Label: agent.label,
    ProgramArguments: [
      settings.programs.node,
      `${settings.root}/lib/host.mjs`,
      "agent",
      ...agent.words,
      "--settings",
      `${settings.root}/etc/host.json`,
    ],
    EnvironmentVariables: {
      PATH: [directoryOf(settings.programs.node), "/usr/bin", "/bin", "/usr/sbin", "/sbin"].join(":"),
      HOST_CONFIGURATION: agent.fingerprint,
    },
    WorkingDirectory: settings.root,
    RunAtLoad: true,
    KeepAlive: true,
    ThrottleInterval: throttleSeconds,
    ExitTimeOut: exitSeconds,
    Umask: 0o077,
    StandardOutPath: `${log}.log`,
    StandardErrorPath: `${log}.error.log`,
  });
  return `${text}\n`;
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function digest(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
