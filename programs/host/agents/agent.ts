import type { HostSettings } from "../host-settings";

/** What an agent is started with. */
export interface AgentContext {
  readonly settings: HostSettings;
  /** The words after the agent's name. @example ["p0-critical"] for `agent replicate p0-critical` */
  readonly words: readonly string[];
  /** Aborted by SIGTERM and SIGINT: the agent then stops what it started and returns. */
  readonly signal: AbortSignal;
  /** Writes one line with the time to the agent's log. Never hand it a secret. */
  readonly say: (line: string) => void;
}

/** A program that launchd keeps running. It returns when it was asked to stop; an error it throws ends it, and launchd starts it again. */
export type Agent = (context: AgentContext) => Promise<void>;
