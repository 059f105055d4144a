import type { Agent } from "./agent";

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
