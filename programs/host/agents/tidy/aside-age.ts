import type { AsideFolder } from "./aside-folders";

/** When a folder was first seen as one that may go one day, by its name. ISO 8601, by the store's clock. */
export type SeenAside = Readonly<Record<string, string>>;

const dayMs = 86_400_000;

/**
 * Which folders may go: those of which nothing is unsent, when that has been seen for so many days. What they say of their own age is not
 * asked: the host's clock may have been wrong. Pure.
 *
 * @param days nothing: none ever goes
 * @param now the store's clock, milliseconds since 1970
 */
export function asideThatGoes(
  folders: readonly AsideFolder[],
  seen: SeenAside,
  days: number | undefined,
  now: number,
): { readonly goes: readonly string[]; readonly seen: SeenAside } {
  const sent = folders.filter(({ unsent }) => unsent === "none").map(({ name }) => name);
  const since = sent.map((name) => [name, firstSeen(seen[name], now)] as const);
  const isOver = (at: string): boolean => days !== undefined && now - Date.parse(at) >= days * dayMs;
  return { goes: since.filter(([, at]) => isOver(at)).map(([name]) => name), seen: Object.fromEntries(since) };
}

function firstSeen(at: string | undefined, now: number): string {
  return at !== undefined && Date.parse(at) <= now ? at : new Date(now).toISOString();
}
