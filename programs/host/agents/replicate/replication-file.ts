import type { RoleFile } from "../../lease/lease";
import { lives } from "../child";
import { readState, stateFile, writeState } from "../state-file";

/** What the replicate agent of one policy says: `<root>/state/replication-<policy>.json`. */
export interface ReplicationFile {
  /** The agent's own process. */
  readonly agent: number;
  /** Litestream's process. Absent while it does not run. */
  readonly litestream?: number | undefined;
  /** The role and term that the agent has seen, and keeps to. */
  readonly role: RoleFile["role"];
  readonly term: number;
  /** Where each replica ends. Only when fenced, and when the store has everything. */
  readonly sent?: Readonly<Record<string, string>> | undefined;
  /**
   * When the secrets file was written whose credentials Litestream has: ISO 8601, UTC. Agents take turns by it when they change to
   * new ones.
   */
  readonly secretsAt?: string | undefined;
  /** Whether Litestream has reached the store since it was started, or has nothing to send. */
  readonly reaches?: boolean | undefined;
  /** Why Litestream does not run although it should, or not with the credentials in the secrets file. */
  readonly problem?: string | undefined;
}

export function replicationFile(root: string, policy: string): string {
  return stateFile(root, `replication-${policy}.json`);
}

export function writeReplication(root: string, policy: string, state: ReplicationFile): void {
  writeState(replicationFile(root, policy), state);
}

export function readReplication(root: string, policy: string): ReplicationFile | undefined {
  const value = readState(replicationFile(root, policy));
  if (value === undefined) return undefined;
  const { agent, litestream, role, term, sent, secretsAt, reaches, problem } = value;
  if (typeof agent !== "number" || typeof term !== "number" || !isRole(role)) return undefined;
  return {
    agent,
    role,
    term,
    litestream: typeof litestream === "number" ? litestream : undefined,
    sent: typeof sent === "object" && sent !== null ? positionsOf(sent) : undefined,
    secretsAt: typeof secretsAt === "string" ? secretsAt : undefined,
    reaches: reaches === true,
    problem: typeof problem === "string" ? problem : undefined,
  };
}

/**
 * Whether Litestream runs for this policy or might start: its agent must have seen that the role has changed, or be gone, and an agent
 * that starts reads the role first.
 */
export function mayReplicate(state: ReplicationFile | undefined, role: RoleFile): boolean {
  if (state === undefined) return false;
  if (state.litestream !== undefined && lives(state.litestream)) return true;
  if (role.role !== "demoting" && role.role !== "fenced") return false;
  return lives(state.agent) && (state.term !== role.term || state.role !== role.role);
}

function isRole(value: unknown): value is RoleFile["role"] {
  return ["primary", "standby", "promoting", "demoting", "fenced", "undecided"].some((known) => known === value);
}

function positionsOf(value: object): Record<string, string> {
  return Object.fromEntries(Object.entries(value).map(([name, position]) => [name, String(position)]));
}
