import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keptFileNames, keptFiles, keptState, keptWorld } from "./kept-data";
import { SeveralClouds } from "./several-clouds";

const preload = join(__dirname, "file-faults.cjs");
const project = new SeveralClouds();
let expected: Awaited<ReturnType<typeof convergedData>>;
let changes: ReadonlyMap<string, number>;

beforeAll(async () => {
  expect(await project.upHere("start", 1)).toMatchObject({ result: "succeeded" });
  const whole = project.copy("start");
  const noted = project.write("changes.txt", "");
  expect(await project.up(whole, 2, { ...withFaults("none none 0"), FILE_CHANGES: noted })).toMatchObject({
    exitCode: 0,
  });
  expected = await convergedData(whole);
  changes = countedLines(readFileSync(noted, "utf8"));
}, 120_000);
afterAll(() => project.remove());

function withFaults(fault: string): Record<string, string> {
  return { NODE_OPTIONS: `--require ${preload}`, FILE_FAULT: fault };
}

/** Earlier states are named after the time. */
const kept = "link:KEPT";

function countedLines(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of text
    .replace(/^link:\d{4}-.*$/gm, kept)
    .split("\n")
    .filter(Boolean))
    counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}

async function convergedData(data: string) {
  const directory = project.dataDirectory(data);
  const files = keptFileNames(directory);
  return { world: await keptWorld(directory), state: await keptState(directory, "several", "dev"), files };
}

/** The next `up`, with nothing in its way. */
async function expectToConverge(data: string): Promise<void> {
  const { result, told } = await project.upHere(data, 2);
  expect({ result, problems: result === "succeeded" ? "" : told }).toEqual({ result: "succeeded", problems: "" });
  expect(await convergedData(data)).toEqual(expected);
}

/** The changes of files that are interrupted here. */
const interrupted = [
  ...["write:dev.json.tmp", "rename:dev.json", "remove:dev.journal", "create:dev.journal", "write:dev.journal"],
  ...["write:dev.lock.PID", "link:dev.lock", "remove:dev.lock"],
  ...["write:world.lock.PID", "link:world.lock", "write:world.jsonl", "remove:world.lock"],
];
/** Those right before or after one of them, with nothing new to lose. */
const beside = ["create:dev.lock.PID", "remove:dev.lock.PID", kept];
beside.push("create:world.lock.PID", "remove:world.lock.PID");

it("the changes of files that are interrupted here are all that there are", () => {
  expect([...changes.keys()].sort()).toEqual([...interrupted, ...beside].sort());
  expect(changes.get("write:dev.journal")).toBeGreaterThan(20);
});

const killed = interrupted.map((label) => ({ effect: "kill", label }));
const torn = ["dev.json.tmp", "dev.journal", "dev.lock.PID", "world.jsonl"].map((name) => ({
  effect: "tear",
  label: `write:${name}`,
}));

describe.concurrent("a process that dies while it writes loses nothing", () => {
  it.each([...killed, ...torn])(
    "$effect $label",
    async ({ effect, label }) => {
      const data = project.copy("start");
      // Half-way through those of its kind, which is in the middle of the work where there are many.
      const nth = Math.ceil((changes.get(label) ?? 0) / 2);
      const { exitCode } = await project.up(data, 2, withFaults(`${effect} ${label} ${nth}`));
      expect(exitCode).toBe(null);
      await expectToConverge(data);
    },
    180_000,
  );
});

describe.concurrent("a disk that becomes full", () => {
  it.each(["create:dev.journal", "write:dev.journal", "write:dev.json.tmp", "write:world.jsonl"])(
    "at %s ends the run with 1 or 4 and a clear error, and once there is room nothing is lost",
    async (label) => {
      const data = project.copy("start");
      const nth = Math.ceil((changes.get(label) ?? 0) / 2);
      const { exitCode, output, errors } = await project.up(data, 2, withFaults(`full ${label} ${nth}`));
      expect([1, 4]).toContain(exitCode);
      expect(errors + output).toMatch(/the disk is full; free some space/);
      expect(errors + output).not.toContain("    at ");
      expect(existsSync(join(project.dataDirectory(data), "state/several/dev.lock"))).toBe(false);
      await expectToConverge(data);
    },
    180_000,
  );

  it("before anything was done leaves everything as it was", async () => {
    const data = project.copy("start");
    const before = keptFiles(project.dataDirectory(data));
    const { exitCode, errors } = await project.up(data, 2, withFaults("full write:dev.lock.PID 1"));
    expect([exitCode, errors]).toEqual([1, expect.stringMatching(/dev\.lock: the disk is full/)]);
    expect(keptFiles(project.dataDirectory(data))).toEqual(before);
  }, 60_000);
});
