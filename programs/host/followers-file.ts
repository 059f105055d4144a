import { z } from "zod";

const followerSchema = z.object({
  /**
   * `waiting`: the store has nothing of this database yet. `restoring`: the first full restore runs, waits for its turn, or for the
   * store to say that there is something. `following`: it moves with the store. `stalled`: it stood still while the store moved on, and
   * is restored again.
   */
  state: z.enum(["waiting", "restoring", "following", "stalled"]),
  /** The last transaction that was applied, as Litestream writes it: 16 hexadecimal digits. */
  txid: z.string().optional(),
  /** How far the copy may be behind the store. Absent: not known yet. */
  lagSeconds: z.number().optional(),
});

export const followersSchema = z.object({
  /** The term whose replicas are followed. */
  term: z.number(),
  path: z.string(),
  /** When this was written. ISO 8601, UTC. */
  at: z.string(),
  /** What keeps the followers from the credentials in the secrets file. */
  problem: z.string().optional(),
  /** By the database's name; every database that the standby follows is here. */
  databases: z.record(z.string(), followerSchema),
});

export type FollowerState = z.output<typeof followerSchema>;
/** What a standby's followers have: `<root>/state/followers.json`, written by the follow agent, read by the health agent. */
export type FollowersFile = z.output<typeof followersSchema>;
