import type { WorldObject } from "../../sandbox/world/world";

/** What depends on when and how often something was written, not on what was asked for. */
const volatile =
  /^(.+(On|At|Updated|Sha)|created|modified|etag|sha|version|latest(Ready)?RevisionName|latestRevisionFqdn)$/;

/**
 * What the program owns or adopted, object by object, for comparing two worlds. Left out are traces that services keep by themselves:
 * soft-deleted vaults and secrets, revisions, commits.
 */
export function worldText(objects: readonly WorldObject[], seed: readonly WorldObject[]): Record<string, string> {
  const seeded = new Set(seed.map(identity));
  return Object.fromEntries(
    objects
      .filter((object) => object.madeFor !== undefined || seeded.has(identity(object)))
      .map((object) => [identity(object), JSON.stringify(object.properties, withoutTraces)])
      .sort(),
  );
}

export function identity({ kind, id }: WorldObject): string {
  return `${kind} ${id}`;
}

function withoutTraces(key: string, value: unknown): unknown {
  if (volatile.test(key)) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
