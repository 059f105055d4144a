import type { Path } from "./problem";

/** Where something that was read from a file stands: `file:line:column` of it, or of a part of it. */
export type Place = (part?: Path) => string;

interface Origin {
  readonly path: Path;
  readonly find: (path: Path) => string;
}

/** Beside the values, not in them: what is loaded stays as plain as its file. */
const origins = new WeakMap<object, Origin>();

/**
 * Remembers where an object or a list and everything in it was read from.
 *
 * @param find the place of a path; of the nearest part around it when the file does not say it
 */
export function rememberPlaces(value: unknown, find: (path: Path) => string, path: Path = []): void {
  if (typeof value !== "object" || value === null) return;
  origins.set(value, { path, find });
  for (const [part, inner] of Object.entries(value)) {
    rememberPlaces(inner, find, [...path, Array.isArray(value) ? Number(part) : part]);
  }
}

/**
 * The place of what was read from a file; undefined when nothing of it was.
 *
 * A component's arguments are often made of an entry: `{ context, ...entry.postgres }`, `{ context, site }`. They have the place of the
 * entry whose parts they hold under their own names, or else of the first entry among them.
 */
export function placeOf(value: unknown): Place | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const own = origins.get(value);
  if (own !== undefined) return placeAt(own, own.path);
  const parts = Object.entries(value).flatMap(([name, part]) => {
    const origin = typeof part === "object" && part !== null ? origins.get(part) : undefined;
    return origin === undefined ? [] : [{ name, origin }];
  });
  const spread = parts.find(({ name, origin }) => origin.path.at(-1) === name);
  if (spread !== undefined) return placeAt(spread.origin, spread.origin.path.slice(0, -1));
  const [first] = parts;
  return first === undefined ? undefined : placeAt(first.origin, first.origin.path);
}

function placeAt({ find }: Origin, path: Path): Place {
  return (part = []) => find([...path, ...part]);
}
