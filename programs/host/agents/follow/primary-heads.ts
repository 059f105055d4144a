import { headNumbers, headsEveryMs, type ReplicaHeads, type ReplicaHeadsBlob } from "../../lease/replica-heads";

/** What the primary says it has sent, as long as it goes on saying so. */
export class PrimaryHeads {
  private known = new Map<ReplicaHeadsBlob, { readonly heads: ReplicaHeads; readonly changedAt: number }>();

  constructor(private readonly blobs: readonly ReplicaHeadsBlob[]) {}

  /**
   * @param path of the term that is followed; what was said of another one counts for nothing
   * @returns by database; one that is missing has to look for itself
   */
  async read(path: string, now = Date.now()): Promise<ReadonlyMap<string, number>> {
    await Promise.all(this.blobs.map(async (blob) => this.note(blob, await blob.read(), now)));
    const fresh = [...this.known.values()].filter(
      // By this host's clock, and not by the time in it: the primary's may be wrong.
      ({ heads, changedAt }) => heads.path === path && now - changedAt < 3 * headsEveryMs,
    );
    return new Map(fresh.flatMap(({ heads }) => [...headNumbers(heads)]));
  }

  private note(blob: ReplicaHeadsBlob, heads: ReplicaHeads | undefined, now: number): void {
    if (heads === undefined) this.known.delete(blob);
    else if (this.known.get(blob)?.heads.at !== heads.at) this.known.set(blob, { heads, changedAt: now });
  }
}
