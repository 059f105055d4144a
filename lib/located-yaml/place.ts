import type { Path } from "./problem";

/** Where something that was read from a file stands, and how to find what is inside it. */
export interface Place {
  /** @example "stacks/alai/inventory/environments.yaml:9:5" */
  readonly text: string;
  /** The place of a part; that of the nearest part around it when the file does not say it. */
  readonly of: (path: Path) => string;
}

/**
 * The key under which loaded objects carry their place. It is a symbol, so that nothing prints or sends it, and enumerable, so that a
 * copy made by spreading (`{ ...entry.postgres, context }`) carries it too.
 */
const key = Symbol("place in the inventory");

/** Marks an object and everything in it with their places; lists are left out, because their entries are marked. */
export function markPlaces(value: unknown, find: (path: Path) => string, path: Path = []): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const [index, entry] of value.entries()) markPlaces(entry, find, [...path, index]);
    return;
  }
  for (const [part, entry] of Object.entries(value)) markPlaces(entry, find, [...path, part]);
  // Most places are never asked for, so they are looked up when they are.
  const place: Place = {
    get text() {
      return find(path);
    },
    of: (inner) => find([...path, ...inner]),
  };
  Object.defineProperty(value, key, { value: place, enumerable: true });
}

/** The place that an object, or else the first of its own values, was read from; undefined for what no file says. */
export function placeOf(value: unknown): Place | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return (
    ownPlace(value) ??
    Object.values(value)
      .map(ownPlace)
      .find((place) => place !== undefined)
  );
}

/** What to spread into an object that is made of an entry's parts, so that a refusal of it names the entry. */
export function placedLike(entry: object): object {
  const place = ownPlace(entry);
  return place === undefined ? {} : { [key]: place };
}

function ownPlace(value: unknown): Place | undefined {
  if (typeof value !== "object" || value === null || !(key in value)) return undefined;
  return (value as { readonly [key]?: Place })[key];
}
