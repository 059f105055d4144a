import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DiskStateStore } from "../../sandbox/engine/run-operation";
import { runCommand, typescriptLoader } from "../cli/run-command";
import { keptFiles, worldObjects } from "./kept-data";
import type { Recovery } from "./recover-prod";
import { temporaryDirectory } from "./temporary-directory";

/**
 * How many moments of death are tried. `RECOVERY_KILLS=1000 npx vitest run test/acceptance/killed-prod.test.ts` takes an hour;
 * RECOVERY_LOG names a file that tells how far it is.
 */
const kills = Number(process.env.RECOVERY_KILLS ?? 3);
const log = process.env.RECOVERY_LOG;
/** Moments at which the files of one process are copied as a kill would leave them; at the last of them it is killed. */
const momentsOfOne = 10;

const repeatable = ["--require", join(__dirname, "fixed-chance.cjs")];
const faults = ["--require", join(__dirname, "file-faults.cjs")];
const directory = temporaryDirectory();
const data = join(directory.path, "data");
const remains = join(directory.path, "remains");

/** The recoveries, in a process that has loaded everything. */
let recoveries: ChildProcess;
let expected: Awaited<ReturnType<typeof exactData>>;
/** The changes of files that an undisturbed run makes, in its order: between two of them a kill leaves the same. */
let changes: readonly string[];

beforeAll(async () => {
  recoveries = fork(join(__dirname, "recover-prod.ts"), {
    execArgv: ["--max-semi-space-size=64", ...repeatable, "--require", typescriptLoader],
  });
  const noted = join(directory.path, "changes.txt");
  expect(await up({ FILE_CHANGES: noted })).toMatchObject({ exitCode: 0 });
  expected = await exactData(data);
  changes = readFileSync(noted, "utf8").trimEnd().split("\n");
}, 120_000);
afterAll(() => {
  recoveries.kill();
  directory.remove();
});

function up(environment: Readonly<Record<string, string>>) {
  rmSync(data, { recursive: true, force: true });
  const options = [...repeatable, ...faults].join(" ");
  return runCommand(["up", "--stack", "prod", "--yes"], {
    ...{ SANDBOX_DIRECTORY: data, NODE_OPTIONS: options },
    ...environment,
  });
}

/** What must be the same, byte for byte: every resource, every object of the world, and which files there are. */
async function exactData(at: string) {
  const document = await new DiskStateStore(join(at, "state"), "landscape", "prod").load();
  const { resources = [], ...rest } = document?.deployment ?? {};
  const lines = (parts: readonly object[]) => parts.map((part) => JSON.stringify(part)).sort();
  return {
    resources: lines(resources),
    rest,
    world: lines(await worldObjects(at)),
    files: Object.keys(keptFiles(at)),
  };
}

/** Moments in order, most of them at changes of what lasts: nine of ten changes take or give back the lock of the world. */
function draw(count: number): readonly { readonly nth: number; readonly cut: "whole" | "torn" }[] {
  const lasting = changes.flatMap((change, index) => (change.includes(".lock") ? [] : [index + 1]));
  const any = changes.map((_, index) => index + 1);
  const from = (choices: readonly number[]) => choices[Math.floor(Math.random() * choices.length)] ?? 1;
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(from(Math.random() < 0.15 ? any : lasting));
  return [...drawn]
    .sort((one, other) => one - other)
    .map((nth) => ({ nth, cut: Math.random() < 0.3 ? "torn" : "whole" }));
}

/** Kills an `up` of prod, and gives back the directories with what it left, or would have left at earlier moments. */
async function killOne(count: number): Promise<string[]> {
  mkdirSync(remains, { recursive: true });
  const moments = draw(count);
  const last = moments.at(-1);
  const earlier = Object.fromEntries(moments.slice(0, -1).map(({ nth, cut }) => [nth, cut]));
  const { exitCode } = await up({
    FILE_REMAINS: JSON.stringify({ into: remains, at: earlier }),
    FILE_FAULT: `${last?.cut === "torn" ? "tear" : "kill"} * ${last?.nth}`,
  });
  // The order of calls to the clouds is not the same every time, so a run may end before a moment near the end.
  if (exitCode === null) renameSync(data, join(remains, `${last?.nth}`));
  return readdirSync(remains).map((name) => join(remains, name));
}

async function recover(at: string): Promise<Recovery> {
  recoveries.send(at);
  const [recovery] = await once(recoveries, "message");
  return recovery;
}

/** What is not as it is without a kill, the first of each kind; kept for whoever looks for the reason. */
async function problemsOf(at: string): Promise<readonly string[]> {
  const { exitCode, told } = await recover(at);
  if (exitCode !== 0) return [`exit code ${exitCode}: ${told}`];
  const actual = await exactData(at);
  const differing = (["resources", "world", "files"] as const).flatMap((kind) => {
    const [missing] = expected[kind].filter((line) => !actual[kind].includes(line));
    const [more] = actual[kind].filter((line) => !expected[kind].includes(line));
    return missing === undefined && more === undefined ? [] : [`${kind}: expected ${missing}\n  got ${more}`];
  });
  return JSON.stringify(actual.rest) === JSON.stringify(expected.rest)
    ? differing
    : [...differing, `the rest of the state: ${JSON.stringify(actual.rest)}`];
}

it(
  `prod is what it is without a kill after each of ${kills}, byte for byte`,
  async () => {
    const failures: string[] = [];
    let tried = 0;
    while (tried < kills) {
      for (const at of await killOne(Math.min(momentsOfOne, kills - tried))) {
        const problems = await problemsOf(at);
        tried += 1;
        rmSync(at, { recursive: true });
        failures.push(...problems);
        if (log) appendFileSync(log, `${[`${tried} tried, ${failures.length} differ`, ...problems].join("\n")}\n`);
      }
    }
    expect(failures).toEqual([]);
  },
  120_000 + kills * 30_000,
);
