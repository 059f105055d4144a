import { didYouMean } from "../closest-name";
import type { Path, Problem } from "./problem";

export function unknownKey(path: Path, key: string, known: readonly string[]): Problem {
  const hint = didYouMean(key, known) || (known.length > 0 ? `; known keys: ${known.join(", ")}` : "");
  return { path, message: `unknown key "${key}"${hint}`, at: "key" };
}

/** @example alternatives(["P0", "P1", "P2"]) // "P0, P1 or P2" */
export function alternatives(words: readonly string[]): string {
  return joined(words, "or");
}

/** @example listed(["prod", "dev", "preview"]) // "prod, dev and preview" */
export function listed(words: readonly string[]): string {
  return joined(words, "and");
}

function joined(words: readonly string[], conjunction: string): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} ${conjunction} ${last}`;
}

/** What was found, short enough for a line. */
export function got(found: unknown): string {
  if (found === undefined) return ", got nothing: the key is missing";
  if (found === null) return ", got nothing";
  if (Array.isArray(found)) return ", got a list";
  if (typeof found === "object") return ", got a map of keys and values";
  return `, got ${quoted(found)}`;
}

export function quoted(found: unknown): string {
  const text = JSON.stringify(found);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
