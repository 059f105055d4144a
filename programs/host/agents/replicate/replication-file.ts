import { z } from "zod";
import type { RoleFile } from "../../lease/lease";
import { roleNames } from "../../lease/role-file";
import { lives } from "../child";
import { readState, stateFile, writeState } from "../state-file";

const replicationSchema = z.object({
  /** The agent's own process. */
  agent: z.number(),
  /** Litestream's process. Absent while it does not run. */
  litestream: z.number().optional(),
  /** The role and term that the agent has seen, and keeps to. */
  role: roleNames,
  term: z.number(),
  /** Where each replica ends. Only when fenced, and when the store has everything. */
  sent: z.record(z.string(), z.string()).optional(),
  /** When the secrets file was written whose credentials Litestream has: ISO 8601, UTC. Agents change to new ones in its order. */
  secretsAt: z.string().optional(),
  /** Whether Litestream has reached the store since it was started, or has nothing to send. */
  reaches: z.boolean().optional(),
  /** Why Litestream does not run although it should, or not with the credentials in the secrets file. */
  problem: z.string().optional(),
});

/** What the replicate agent of one policy says: `<root>/state/replication-<policy>.json`. */
export type ReplicationFile = z.output<typeof replicationSchema>;

function replicationFile(root: string, policy: string): string {
  return stateFile(root, `replication-${policy}.json`);
}

export function writeReplication(root: string, policy: string, state: ReplicationFile): void {
  writeState(replicationFile(root, policy), state);
}

export function readReplication(root: string, policy: string): ReplicationFile | undefined {
  return replicationSchema.safeParse(readState(replicationFile(root, policy))).data;
}

/**
 * Whether Litestream runs for this policy or might start: its agent must have seen that the role has changed, or be gone, and an agent
 * that starts reads the role first.
 */
export function mayReplicate(state: ReplicationFile | undefined, role: RoleFile): boolean {
  if (state === undefined) return false;
  if (state.litestream !== undefined && lives(state.litestream)) return true;
  if (role.role !== "demoting" && role.role !== "fenced" && role.role !== "undecided") return false;
  return lives(state.agent) && (state.term !== role.term || state.role !== role.role);
}
