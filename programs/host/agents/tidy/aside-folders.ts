import { type Dirent, existsSync, readdirSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readState } from "../state-file";

/** A set of databases that a host lost the right to: `<root>/aside/<name>`. */
export interface QuarantineFolder {
  /** @example "term-1-20261121T110405Z" */
  readonly name: string;
  /** Whether something of it is nowhere else. `unknown` counts as `some`: a report is missing, unreadable, or does not name all that is here. */
  readonly unsent: "none" | "some" | "unknown";
  /** When it was set aside, by the host's clock. ISO 8601, UTC. */
  readonly since: string;
  readonly bytes: number;
}

const reportSchema = z.object({
  at: z.iso.datetime().optional(),
  databases: z.record(z.string(), z.object({ unsent: z.enum(["none", "some", "unknown"]) })),
});
type Report = z.output<typeof reportSchema>;

const reportName = "report.json";

/** What is set aside on this host. Empty directories are nothing. */
export function asideFolders(root: string): readonly QuarantineFolder[] {
  const aside = join(root, "aside");
  if (!existsSync(aside)) return [];
  return readdirSync(aside, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => folder(name, join(aside, name)));
}

/**
 * Removes a folder, its report last: until then it says what may be done with the rest.
 *
 * @param remove changed only by tests, which interrupt it
 */
export async function removeFolder(root: string, name: string, remove: typeof rm = rm): Promise<void> {
  const directory = join(root, "aside", name);
  for (const entry of readdirSync(directory)) {
    if (entry !== reportName) await remove(join(directory, entry), { recursive: true, force: true });
  }
  await remove(directory, { recursive: true, force: true });
}

function folder(name: string, directory: string): readonly QuarantineFolder[] {
  try {
    const entries = readdirSync(directory);
    if (entries.length === 0) return [];
    const report = reportSchema.safeParse(readState(join(directory, reportName))).data;
    const since = report?.at ?? statSync(directory).mtime.toISOString();
    const unsent = report === undefined ? "unknown" : unsentIn(report, entries);
    return [{ name, unsent, since, bytes: sizeOf(directory) }];
  } catch {
    // Removed meanwhile, or not readable.
    const { mtime } = statSync(directory, { throwIfNoEntry: false }) ?? {};
    return mtime === undefined ? [] : [{ name, unsent: "unknown", since: mtime.toISOString(), bytes: 0 }];
  }
}

function unsentIn({ databases }: Report, entries: readonly string[]): QuarantineFolder["unsent"] {
  const found = Object.values(databases).map(({ unsent }) => unsent);
  if (found.includes("some")) return "some";
  const isNamed = (entry: string): boolean => {
    const [, database = ""] = /^\.?(.+)\.db(?:-[a-z]+)?$/.exec(entry) ?? [];
    return entry.startsWith(reportName) || databases[database] !== undefined;
  };
  return found.includes("unknown") || !entries.every(isNamed) ? "unknown" : "none";
}

function sizeOf(directory: string): number {
  const sizes = readdirSync(directory, { recursive: true, withFileTypes: true }).map((entry: Dirent) =>
    entry.isFile() ? (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0) : 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** When a folder was first seen as one that may go one day, by its name. ISO 8601, by the store's clock. */
type SeenAside = Readonly<Record<string, string>>;

const dayMs = 86_400_000;

/**
 * Which folders may go: those of which nothing is unsent, when that has been seen for so many days. What they say of their own age is not
 * asked: the host's clock may have been wrong. Pure.
 *
 * @param days nothing: none ever goes
 * @param now the store's clock, milliseconds since 1970
 */
export function removableFolders(
  folders: readonly QuarantineFolder[],
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
