import { pause } from "../../../../lib/retry";
import type { ReplicaPositions } from "../../lease/replica-positions";
import { inTurn } from "../in-turn";
import type { Follower } from "./follower";

/** Waiting is cheaper than a full restore, which takes about this long. */
const longestMs = 15_000;
/** A follower without progress for this long is restored in full. */
const patienceMs = 3000;

/** Waits until the followers have everything that the store has, and gives up on those that do not come nearer. */
export async function catchUp(
  followers: readonly Follower[],
  path: string,
  positions: ReplicaPositions,
): Promise<void> {
  const newest = new Map<string, number>();
  await inTurn(followers, 8, async ({ name }) => {
    newest.set(name, await positions.newest(path, name));
  });
  const startedAt = Date.now();
  let movedAt = startedAt;
  let before = "";
  while (Date.now() - startedAt < longestMs && Date.now() - movedAt < patienceMs) {
    for (const follower of followers) follower.refresh();
    const behind = followers.filter(
      ({ name, moves, transaction = 0 }) => moves && transaction < (newest.get(name) ?? 0),
    );
    if (behind.length === 0) return;
    const now = behind.map(({ name, transaction }) => `${name} ${transaction}`).join();
    if (now !== before) movedAt = Date.now();
    before = now;
    await pause(100, AbortSignal.timeout(1000));
  }
}
