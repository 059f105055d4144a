/** What a standby's followers have: `<root>/state/followers.json`, written by the follow agent, read by the health agent. */
export interface FollowersFile {
  /** The term whose replicas are followed. */
  readonly term: number;
  readonly path: string;
  /** When this was written. ISO 8601, UTC. */
  readonly at: string;
  /** What keeps the followers from the credentials in the secrets file. */
  readonly problem?: string | undefined;
  /** By the database's name; every database that the standby follows is here. */
  readonly databases: Readonly<Record<string, FollowerState>>;
}

export interface FollowerState {
  /**
   * `waiting`: the store has nothing of this database yet. `restoring`: the first full restore runs, waits for its turn, or for the
   * store to say that there is something. `following`: it moves with the store. `stalled`: it stood still while the store moved on, and
   * is restored again.
   */
  readonly state: "waiting" | "restoring" | "following" | "stalled";
  /** The last transaction that was applied, as Litestream writes it: 16 hexadecimal digits. */
  readonly txid?: string | undefined;
  /** How far the copy may be behind the store. Absent: not known yet. */
  readonly lagSeconds?: number | undefined;
}
