import type { PropertyMap } from "../../deployment/values/property-value";
import { ObjectIndex, runTransaction } from "./disk-world";

/** The clouds that share one emulated world. */
export type CloudName = "azure" | "cloudflare" | "github" | "tailscale" | "command" | "random";

/** One thing that exists in the emulated world. */
export interface WorldObject {
  readonly cloud: CloudName;
  /** What it is, in the provider's unversioned type token, for example `azure-native:storage:StorageAccount`. */
  readonly kind: string;
  /** The provider's id. Azure ids are compared without regard to case, all others exactly. */
  readonly id: string;
  /** What a read returns. Secrets stay wrapped and are encrypted at rest. */
  readonly properties: PropertyMap;
  /** The URN whose create made it; absent for what existed before us. Emulator's bookkeeping, never shown to a program. */
  readonly madeFor?: string;
}

/** What there is at one moment; valid only until the callback of {@link World.read} returns. */
export interface WorldReading {
  get(kind: string, id: string): WorldObject | undefined;
  /** All objects of a kind, in order of creation. */
  list(kind: string): readonly WorldObject[];
  /** The objects of any kind whose id begins with this one and a slash: an Azure resource's children. */
  children(id: string): readonly WorldObject[];
  /** Everything there is. */
  all(): readonly WorldObject[];
}

/** Reads and changes that happen at once or not at all; valid only until the callback of {@link World.transact} returns. */
export interface WorldTransaction extends WorldReading {
  put(object: WorldObject): void;
  /** False when there was nothing to delete. */
  delete(kind: string, id: string): boolean;
}

export interface World {
  /**
   * Runs `change` with the world locked against other processes. If it throws, nothing changed.
   * Keep it short and synchronous: it holds the lock.
   */
  transact<T>(change: (world: WorldTransaction) => T): Promise<T>;
  /** Looks at the world, with every change that was made before. Needs no lock, so it is much faster than a transaction. */
  read<T>(look: (world: WorldReading) => T): Promise<T>;
  /**
   * Runs a slow operation while holding `key`, for services that take one operation at a time.
   * A second holder, in this process or another that is alive, gets the error that `refusal` makes.
   */
  occupy<T>(key: string, refusal: () => Error, operation: () => Promise<T>): Promise<T>;
}

/** A world in memory, for tests. */
export class MemoryWorld implements World {
  private readonly index = new ObjectIndex();
  private readonly occupied = new Set<string>();

  /** @param seed what exists from the start, see `sandbox/world/open-world.ts` */
  constructor(seed: readonly WorldObject[] = []) {
    for (const object of seed) this.index.put(object);
  }

  async transact<T>(change: (world: WorldTransaction) => T): Promise<T> {
    return runTransaction(this.index, change).result;
  }

  async read<T>(look: (world: WorldReading) => T): Promise<T> {
    return look(this.index);
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
