import type { HostSettings } from "../host-settings";

// Loaded when run: an agent should not pay for the start of the others. `require` is what the bundler makes lazy.
const loaders = {
  lease: () => (require("./lease/lease-agent") as typeof import("./lease/lease-agent")).leaseAgent,
  replicate: () =>
    (require("./replicate/replicate-agent") as typeof import("./replicate/replicate-agent")).replicateAgent,
  follow: () => (require("./follow/follow-agent") as typeof import("./follow/follow-agent")).followAgent,
  health: () => (require("./health/health-agent") as typeof import("./health/health-agent")).healthAgent,
  inference: () =>
    (require("./inference/inference-agent") as typeof import("./inference/inference-agent")).inferenceAgent,
  "rotate-logs": () =>
    (require("./rotate-logs/rotate-logs-agent") as typeof import("./rotate-logs/rotate-logs-agent")).rotateLogsAgent,
  tidy: () => (require("./tidy/tidy-agent") as typeof import("./tidy/tidy-agent")).tidyAgent,
} satisfies Readonly<Record<string, () => Agent>>;

export type AgentName = keyof typeof loaders;

/** The agents by name, as property lists call them: `agent <name>`. */
export const agentNames = Object.keys(loaders) as readonly AgentName[];

export function loadAgent(name: AgentName): Agent {
  return loaders[name]();
}

/** What an agent is started with. */
export interface AgentContext {
  readonly settings: HostSettings;
  /** The arguments after the agent's name. @example ["p0-critical"] for `agent replicate p0-critical` */
  readonly args: readonly string[];
  /** Aborted by SIGTERM and SIGINT: the agent then stops what it started and returns. */
  readonly signal: AbortSignal;
  /** Writes one line with the time to the agent's log. Never hand it a secret. */
  readonly say: (line: string) => void;
}

/** A program that launchd keeps running. It returns when it was asked to stop; an error it throws ends it, and launchd starts it again. */
export type Agent = (context: AgentContext) => Promise<void>;
