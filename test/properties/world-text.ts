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
  const named = principalNames(objects);
  return Object.fromEntries(
    objects
      .filter((object) => object.madeFor !== undefined || seeded.has(identity(object)))
      .map((object) => [named(identity(object)), named(JSON.stringify(object.properties, withoutTraces))])
      .sort(),
  );
}

/** Writes the principals that there are as whose they are: their ids depend on how often the identity was made. */
function principalNames(objects: readonly WorldObject[]): (text: string) => string {
  const names = new Map(
    objects
      .filter(({ kind }) => kind === "azure-native:managedidentity:UserAssignedIdentity")
      .flatMap(({ id, properties }) =>
        ["principalId", "clientId"].map((name) => [String(properties[name]), `the ${name} of ${id}`] as const),
      ),
  );
  return (text) => text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (guid) => names.get(guid) ?? guid);
}

export function identity({ kind, id }: WorldObject): string {
  return `${kind} ${id}`;
}

function withoutTraces(key: string, value: unknown): unknown {
  if (volatile.test(key)) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
