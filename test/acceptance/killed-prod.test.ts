import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DiskStateStore } from "../../sandbox/engine/run-operation";
import { ends, runCommand, typescriptLoader } from "../cli/run-command";
import { keptFileNames, worldObjects } from "./kept-data";
import { ProjectCopy } from "./project-copy";
import type { Recovery } from "./recover-prod";
import { temporaryDirectory } from "./temporary-directory";

/**
 * How many moments of death are tried of each deployment. `RECOVERY_KILLS=500 npx vitest run test/acceptance/killed-prod.test.ts` tries
 * 1,000 and takes an hour; RECOVERY_LOG names a file that tells how far it is.
 */
const kills = Number(process.env.RECOVERY_KILLS ?? 1);
const log = process.env.RECOVERY_LOG;
/** Moments at which the files of one process are copied as a kill would leave them; at the last of them it is killed. */
const momentsOfOne = 10;
/** A process that deploys again and again keeps memory of each time. */
const recoveriesOfOne = 30;

const repeatable = ["--require", join(__dirname, "fixed-chance.cjs")];
const options = [...repeatable, "--require", join(__dirname, "file-faults.cjs")].join(" ");
const directory = temporaryDirectory();
const earlier = new ProjectCopy();
afterAll(() => {
  directory.remove();
  earlier.remove();
});

/** An app that is no more, one that is smaller now, and a site whose other name is a redirection now. */
function makeEarlier(): void {
  const services = "stacks/alai/inventory/services.yaml";
  earlier.edit(services, "cpu: 0.25", "cpu: 0.5");
  earlier.edit(
    services,
    "services:\n",
    "services:\n  - { name: old-api, kind: app, tier: P1, cpu: 0.25, ingress: { exposure: network, port: 8080 } }\n",
  );
  earlier.edit("stacks/alai/inventory/sites.yaml", "www: redirect-to-apex", "www: serve");
}

const up = (data: string, environment: Readonly<Record<string, string>>, args: readonly string[] = []) =>
  runCommand(["up", "--stack", "prod", "--yes", ...args], {
    ...{ SANDBOX_DIRECTORY: data, NODE_OPTIONS: options },
    ...environment,
  });

/** Deploys `prod` upon one directory after another, in a process that has loaded everything. */
class Recoveries {
  private process: ChildProcess | undefined;
  private done = 0;

  async recover(data: string): Promise<Recovery> {
    if (this.done % recoveriesOfOne === 0) this.end();
    this.done += 1;
    this.process ??= this.begin();
    this.process.send(data);
    const [recovery] = await once(this.process, "message");
    return recovery;
  }

  end(): void {
    this.process?.kill();
    this.process = undefined;
  }

  private begin(): ChildProcess {
    const execArgv = ["--max-semi-space-size=64", ...repeatable, "--require", typescriptLoader];
    return fork(join(__dirname, "recover-prod.ts"), { execArgv });
  }
}

/** What must be the same, byte for byte: every resource, every object of the world, and which files there are. */
async function exactData(at: string) {
  const document = await new DiskStateStore(join(at, "state"), "landscape", "prod").load();
  const { resources = [], ...rest } = document?.deployment ?? {};
  const lines = (parts: readonly object[]) => parts.map((part) => JSON.stringify(part)).sort();
  return {
    resources: lines(resources),
    world: lines(await worldObjects(at)),
    rest: [JSON.stringify(rest)],
    files: keptFileNames(at),
  };
}

/** A deployment of prod upon what `start` holds, which is killed at any change of its files: between two of them a kill leaves the same. */
class Deployment {
  private readonly data: string;
  private readonly remains: string;
  private expected: Awaited<ReturnType<typeof exactData>> | undefined;
  /** The changes of files that an undisturbed run makes, in its order. */
  private changes: readonly string[] = [];

  constructor(private readonly start: string) {
    this.data = `${start}-data`;
    this.remains = `${start}-remains`;
  }

  /** @returns its last line, which counts what was done */
  async runUndisturbed(): Promise<string | undefined> {
    const noted = `${this.start}-changes.txt`;
    const run = await this.up({ FILE_CHANGES: noted });
    expect(run).toMatchObject({ exitCode: 0 });
    this.expected = await exactData(this.data);
    this.changes = readFileSync(noted, "utf8").trimEnd().split("\n");
    return ends(run.output)[1];
  }

  /** Kills one process, and gives back the directories with what it left, or would have left at earlier moments. */
  async kill(moments: number): Promise<string[]> {
    mkdirSync(this.remains, { recursive: true });
    const drawn = this.draw(moments);
    const last = drawn.at(-1);
    const at = Object.fromEntries(drawn.slice(0, -1).map(({ nth, cut }) => [nth, cut]));
    const { exitCode } = await this.up({
      FILE_REMAINS: JSON.stringify({ into: this.remains, at }),
      FILE_FAULT: `${last?.cut === "torn" ? "tear" : "kill"} * ${last?.nth}`,
    });
    // Calls to the clouds come in another order every time, so a run may end before a moment near its end.
    if (exitCode === null) renameSync(this.data, join(this.remains, `${last?.nth}`));
    return readdirSync(this.remains).map((name) => join(this.remains, name));
  }

  /** Where data is not what it is without a kill, the first difference of each kind. */
  async problemsOf(at: string): Promise<readonly string[]> {
    const { expected } = this;
    if (expected === undefined) throw new Error("nothing to compare with");
    const actual = await exactData(at);
    return (["resources", "world", "rest", "files"] as const).flatMap((kind) => {
      const missing = expected[kind].find((line) => !actual[kind].includes(line));
      const more = actual[kind].find((line) => !expected[kind].includes(line));
      return missing === undefined && more === undefined ? [] : [`${kind}: expected ${missing}\n  got ${more}`];
    });
  }

  private up(environment: Readonly<Record<string, string>>) {
    rmSync(this.data, { recursive: true, force: true });
    cpSync(this.start, this.data, { recursive: true });
    return up(this.data, environment);
  }

  /** Moments in order, most of them at changes of what lasts: nine of ten changes take or give back the lock of the world. */
  private draw(count: number): readonly { readonly nth: number; readonly cut: "whole" | "torn" }[] {
    const any = this.changes.map((_, index) => index + 1);
    const lasting = any.filter((nth) => !this.changes[nth - 1]?.includes(".lock"));
    const from = (choices: readonly number[]) => choices[Math.floor(Math.random() * choices.length)] ?? 1;
    const drawn = new Set<number>();
    while (drawn.size < count) drawn.add(from(Math.random() < 0.15 ? any : lasting));
    const inOrder = [...drawn].sort((one, other) => one - other);
    return inOrder.map((nth) => ({ nth, cut: Math.random() < 0.3 ? "torn" : "whole" }));
  }
}

describe("prod that is killed and deployed again is what it is without the kill, byte for byte", () => {
  const recoveries = new Recoveries();
  const first = new Deployment(join(directory.path, "first"));
  const next = new Deployment(join(directory.path, "next"));

  beforeAll(async () => {
    mkdirSync(join(directory.path, "first"));
    makeEarlier();
    const project = ["--cwd", earlier.path("")];
    expect(await up(join(directory.path, "next"), {}, project)).toMatchObject({ exitCode: 0 });
    expect(await first.runUndisturbed()).toMatch(/done: \d+ imported, \d+ created, \d+ updated$/);
    expect(await next.runUndisturbed()).toMatch(/done: \d+ created, \d+ updated, \d+ deleted/);
  }, 240_000);
  afterAll(() => recoveries.end());

  it.each([
    ["the first deployment", first],
    ["a deployment that creates, updates and deletes", next],
  ])(
    `%s, at ${kills} moments`,
    async (name, deployment) => {
      const failures: string[] = [];
      let tried = 0;
      while (tried < kills) {
        for (const at of await deployment.kill(Math.min(momentsOfOne, kills - tried))) {
          const { exitCode, told } = await recoveries.recover(at);
          const problems = exitCode === 0 ? await deployment.problemsOf(at) : [`exit code ${exitCode}: ${told}`];
          rmSync(at, { recursive: true });
          tried += 1;
          failures.push(...problems);
          const line = `${name}: ${tried} tried, ${failures.length} differ`;
          if (log) appendFileSync(log, `${[line, ...problems].join("\n")}\n`);
        }
      }
      expect(failures).toEqual([]);
    },
    120_000 + kills * 30_000,
  );
});
