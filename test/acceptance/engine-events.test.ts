import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repository } from "../cli/run-command";
import { runHere } from "../cli/run-here";
import { checkedEvents, engineEventSchema } from "./engine-event-schema";
import { temporaryDirectory } from "./temporary-directory";

const recordings = join(repository, "test/fixtures/real-engine");
const recorded = readdirSync(recordings, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith("events.jsonl"))
  .sort();

describe("the schema of engine events", () => {
  it("accepts every event that was recorded on the real engine", () => {
    const lines = recorded.flatMap((path) => readFileSync(join(recordings, path), "utf8").split("\n").filter(Boolean));
    expect(lines.length).toBeGreaterThan(2000);
    const refused = lines.filter((line) => !engineEventSchema.safeParse(JSON.parse(line)).success);
    expect(refused).toEqual([]);
  });

  it.each([
    ["two kinds at once", { cancelEvent: {}, policyLoadEvent: {} }],
    ["none", {}],
    ["an unknown kind", { surpriseEvent: {} }],
    ["an unknown field", { preludeEvent: { config: {}, more: 1 } }],
    ["an unknown severity", { diagnosticEvent: { prefix: "", message: "x", color: "never", severity: "fatal" } }],
  ])("refuses %s", (_what, event) => {
    expect(engineEventSchema.safeParse({ sequence: 1, timestamp: 1, ...event }).success).toBe(false);
  });
});

describe("up --stack dev --json", () => {
  const directory = temporaryDirectory();
  let json = "";
  let text = "";

  // The same deployment twice, each in a world of its own: once for programs, once for people.
  beforeAll(async () => {
    const dev = (name: string, ...options: readonly string[]) =>
      runHere(["up", "--stack", "dev", "--yes", ...options], {
        SANDBOX_DIRECTORY: join(directory.path, name),
        NO_COLOR: "1",
      });
    const [forPrograms, forPeople] = await Promise.all([dev("json", "--json"), dev("text")]);
    expect([forPrograms.exitCode, forPeople.exitCode]).toEqual([0, 0]);
    json = forPrograms.output;
    text = forPeople.output;
  }, 180_000);
  afterAll(() => directory.remove());

  it("prints nothing but engine events, one a line, in order", () => {
    const events = checkedEvents(json);
    const starts = events.flatMap(({ preludeEvent }, index) => (preludeEvent ? [index] : []));
    expect(starts.length).toBe(2);
    for (const part of [events.slice(0, starts[1]), events.slice(starts[1])]) {
      const numbers = part.filter(({ policyLoadEvent }) => !policyLoadEvent).map(({ sequence }) => sequence);
      expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
    }
    expect(new Set(events.flatMap((event) => Object.keys(event))).size).toBeGreaterThan(8);
  });

  it("counts what the tree counts, before and after", () => {
    const summaries = checkedEvents(json).flatMap(({ summaryEvent }) => (summaryEvent ? [summaryEvent] : []));
    expect(summaries.map(({ isPreview, result }) => [isPreview, result])).toEqual([
      [true, "succeeded"],
      [false, "succeeded"],
    ]);
    const created = summaries.map(({ resourceChanges }) => resourceChanges.create ?? 0);
    expect(Math.min(...created)).toBeGreaterThan(100);
    expect(shownCounts(text)).toEqual(summaries.map(({ resourceChanges }) => resourceChanges));
  });

  it("tells of as many resources as it counts", () => {
    const applied = checkedEvents(json).flatMap(({ resOutputsEvent }) =>
      resOutputsEvent && !resOutputsEvent.planning ? [resOutputsEvent.metadata] : [],
    );
    const isCounted = ({ urn }: { urn: string }) => !/::pulumi:providers:[^:]+::default/.test(urn);
    const created = new Set(
      applied
        .filter(({ op }) => op === "create")
        .filter(isCounted)
        .map(({ urn }) => urn),
    );
    expect(shownCounts(text).at(-1)?.create).toBe(created.size);
  });
});

/** The numbers below each `Resources:`, named as summary events name them. */
function shownCounts(output: string): Record<string, number>[] {
  const operations: Readonly<Record<string, string>> = { "+": "create", "~": "update", "-": "delete" };
  return [...output.matchAll(/^Resources:\n((?: {4}.*\n)+)/gm)].map(([, lines = ""]) => {
    const counts = [...lines.matchAll(/^ {4}([+~-])? ?(\d+) /gm)];
    return Object.fromEntries(counts.map(([, symbol = "", count]) => [operations[symbol] ?? "same", Number(count)]));
  });
}
