import type * as pulumi from "@pulumi/pulumi";

/**
 * Resources of which a service changes one at a time, in the order they are made.
 *
 * Each waits for all before it, not only for the last one: the engine orders deletes by what the deleted resources say themselves, so
 * when one in the middle of a chain stays, the two beside it would otherwise be deleted at once.
 */
export class Sequence {
  readonly #resources: pulumi.Resource[];

  constructor(...first: readonly pulumi.Resource[]) {
    this.#resources = [...first];
  }

  /** What the next resource waits for. */
  get before(): pulumi.Resource[] {
    return [...this.#resources];
  }

  add<T extends pulumi.Resource>(resource: T): T {
    this.#resources.push(resource);
    return resource;
  }
}
