import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownIdentity, removeAbandoned, takeSteps, tryLock } from "../../../lib/lock/lock-file.cjs";
import { explore, type Moves, wander } from "./lock-model";

let directory = "";
let path = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lock-"));
  path = join(directory, "stack.lock");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const ownedBy = (owner: object) =>
  writeFileSync(
    path,
    JSON.stringify({ ...ownIdentity(), user: "me", purpose: "up dev", since: "2026-01-01", ...owner }),
  );

function take(purpose = "up dev"): () => void {
  const attempt = tryLock(path, purpose);
  if (!attempt.taken) throw new Error(`held by ${JSON.stringify(attempt.owner)}`);
  return attempt.release;
}

/** The number of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid ?? 0;
}

describe("a lock file", () => {
  it("names its owner while it is held, and is gone after", () => {
    const release = take();
    expect(tryLock(path, "up dev")).toMatchObject({ taken: false, owner: { pid: process.pid, purpose: "up dev" } });
    expect(readdirSync(directory)).toEqual(["stack.lock"]);
    release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it("is taken over when its owner is dead, and nothing of that stays", async () => {
    ownedBy({ pid: await deadPid() });
    const release = take();
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ pid: process.pid });
    release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it.runIf(existsSync("/proc/self/stat"))(
    "is taken over when the owner's number belongs to another process now",
    () => {
      ownedBy({ started: ownIdentity().started.replace(/\d+$/, "1") });
      take();
    },
  );

  it.runIf(existsSync("/proc/self/stat"))(
    "is taken over when its owner ran before the machine was started again",
    () => {
      ownedBy({ started: ownIdentity().started.replace(/^[^/]+/, "another-boot") });
      take();
    },
  );

  it.each([
    ["another host", { host: `not-${hostname()}`, pid: 1 }],
    ["another container", { started: ownIdentity().started.replace(/pid:\[\d+\]/, "pid:[1]"), pid: 2 ** 22 }],
  ])("is kept when the owner runs on %s, which cannot be asked", (_where, owner) => {
    ownedBy(owner);
    expect(tryLock(path, "up dev")).toMatchObject({ taken: false, owner });
  });

  it("is kept when it names no owner that can be read", () => {
    writeFileSync(path, "half a li");
    expect(tryLock(path, "up dev")).toEqual({ taken: false, owner: undefined });
  });

  it("is not given back by one whom somebody took it from by deleting the file", () => {
    const release = take();
    rmSync(path);
    take("destroy dev");
    release();
    expect(tryLock(path, "up dev")).toMatchObject({ taken: false, owner: { purpose: "destroy dev" } });
  });

  it("leaves files aside only when it is killed, and those are removed", async () => {
    for (const pid of [await deadPid(), process.pid]) writeFileSync(`${path}.${pid}.0123456789ab`, "");
    removeAbandoned(path);
    expect(readdirSync(directory)).toEqual([`stack.lock.${process.pid}.0123456789ab`]);
  });
});

/** The protocol in use, believing that its claim holds without looking. */
function* unverifiedSteps(file: string, own: string, draft: string): ReturnType<NonNullable<Moves["take"]>> {
  const steps = takeSteps(file, own, draft);
  let answer: unknown;
  let first: unknown;
  let claimed = false;
  for (;;) {
    const next = steps.next(answer);
    if (next.done) return next.value;
    const [name, at] = next.value;
    if (claimed && name === "read" && at === file) answer = first;
    else answer = yield next.value;
    if (name === "read" && at === file) first = answer;
    if (name === "link") claimed = answer === true;
  }
}

/** Numbers from 0 to 1 that are the same in every run. */
function repeatable(seed = 1): () => number {
  return () => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed / 0x80000000;
  };
}

describe("the protocol of the lock", () => {
  it.each([
    { contenders: 2, attempts: 2, kills: 2 },
    { contenders: 3, attempts: 1, kills: 1 },
  ])(
    "has one owner at most, and lets the next one in, in every order of steps and kills of %o",
    (moves) => {
      const { states, kills, fault } = explore(moves);
      expect(fault).toBeUndefined();
      console.log(`${states} states of ${moves.contenders} contenders, ${kills} kills: one owner at most`);
      expect(Math.min(states, kills)).toBeGreaterThan(5000);
    },
    120_000,
  );

  it("has one owner at most while 10,000 of its owners and contenders are killed", () => {
    expect(wander({ contenders: 6, attempts: 3, kills: 10_000 }, repeatable())).toMatchObject({
      kills: 10_000,
      fault: undefined,
    });
  }, 120_000);

  it("is told by the model from one that does not look whether its claim still holds", () => {
    expect(explore({ contenders: 2, attempts: 1, kills: 0, take: unverifiedSteps }).fault).toBe("2 owners");
  });
});

/** Default: 200, which have three minutes; more have as much longer. */
const processKills = Number(process.env.LOCK_KILLS ?? 200);

it(
  "has one owner at most among processes that are killed while they hold it",
  async () => {
    const worker = join(__dirname, "lock-worker.cjs");
    const holder = join(directory, "holder");
    let kills = 0;
    let reports = "";
    const contend = async () => {
      while (kills < processKills) {
        const child = spawn(process.execPath, [worker, path, holder, "60000"], { stdio: ["ignore", "pipe", "pipe"] });
        const [output, errors, [, signal]] = await Promise.all([
          text(child.stdout),
          text(child.stderr),
          once(child, "exit"),
        ]);
        if (signal === "SIGKILL") kills++;
        reports += output + errors;
      }
    };
    await Promise.all([contend(), contend(), contend(), contend()]);
    expect(reports).toBe("");
    console.log(`${kills} processes killed while they held the lock: one owner at most`);
    expect(kills).toBeGreaterThanOrEqual(processKills);
  },
  Math.max(180_000, (180_000 * processKills) / 200),
);
