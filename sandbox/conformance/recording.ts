import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { WrittenEvent } from "../engine/events/written-event";

export const fixtures = join(__dirname, "..", "..", "test", "fixtures", "real-engine");

/** A series of recorded runs, in the order in which they were made. */
export interface Series {
  readonly folder: string;
  /** The program they run. */
  readonly program: string;
  readonly project: string;
}

export const series: readonly Series[] = [
  { folder: "recordings", program: "program", project: "conformance" },
  { folder: "recordings-2", program: "program-2", project: "conformance2" },
];

/** One run of the real engine: what was asked, what was told, what was left. */
export interface Recording {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly command: string;
  readonly flags: ReadonlyMap<string, string>;
  readonly stack: string;
  readonly exit: number;
  readonly events: readonly WrittenEvent[];
  readonly state: string;
}

export function recordingsOf({ folder }: Series): Recording[] {
  const root = join(fixtures, folder);
  return readdirSync(root)
    .sort()
    .map((name) => readRecording(join(root, name), `${folder}/${name}`));
}

function readRecording(path: string, name: string): Recording {
  const words = readFileSync(join(path, "command"), "utf8").trim().split(/\s+/);
  const programAt = words.indexOf("pulumi");
  const environment = Object.fromEntries(words.slice(0, programAt).map((word) => splitAt(word, "=")));
  const flags = flagsOf(words.slice(programAt + 2));
  const eventsFile = join(path, "events.jsonl");
  const lines = existsSync(eventsFile) ? readFileSync(eventsFile, "utf8").trim().split("\n") : [];
  return {
    name,
    environment,
    command: (words[programAt + 1] ?? "").replace(",", ""),
    flags,
    stack: flags.get("stack") ?? "dev",
    exit: Number(readFileSync(join(path, "exit"), "utf8")),
    events: lines.filter((line) => line !== "").map((line) => JSON.parse(line)),
    state: readFileSync(join(path, "state.json"), "utf8"),
  };
}

function flagsOf(words: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  for (const [index, word] of words.entries()) {
    if (!word.startsWith("--")) continue;
    const [name, value] = splitAt(word.slice(2), "=");
    const next = words[index + 1];
    flags.set(name, value !== "" ? value : next !== undefined && !next.startsWith("--") ? next : "true");
  }
  return flags;
}

function splitAt(word: string, separator: string): [string, string] {
  const at = word.indexOf(separator);
  return at < 0 ? [word, ""] : [word.slice(0, at), word.slice(at + 1)];
}
