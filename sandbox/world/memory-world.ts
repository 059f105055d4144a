import { ObjectIndex, runTransaction } from "./object-index";
import type { World, WorldObject, WorldTransaction } from "./world";

/** A world in memory, for tests. */
export class MemoryWorld implements World {
  private readonly index = new ObjectIndex();
  private readonly occupied = new Set<string>();

  /** @param seed what exists from the start, see `sandbox/world/seed.ts` */
  constructor(seed: readonly WorldObject[] = []) {
    for (const object of seed) this.index.put(object);
  }

  async transact<T>(change: (world: WorldTransaction) => T): Promise<T> {
    return runTransaction(this.index, change).result;
  }

  async occupy<T>(key: string, refusal: () => Error, operation: () => Promise<T>): Promise<T> {
    if (this.occupied.has(key)) throw refusal();
    this.occupied.add(key);
    try {
      return await operation();
    } finally {
      this.occupied.delete(key);
    }
  }

  /** Everything there is, for assertions. */
  objects(): readonly WorldObject[] {
    return this.index.all();
  }
}
