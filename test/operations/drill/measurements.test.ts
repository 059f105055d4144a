import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import {
  type CommittedRow,
  computeLags,
  parseLedger,
  parseObservations,
} from "../../../operations/drill/measurements/ledger";
import { compareRows, computePayload, type RecoveredRow } from "../../../operations/drill/measurements/recovery";
import { percentile } from "../../../operations/drill/measurements/statistics";
import { executableOnPath, runProgram } from "../../../operations/programs/external-program";

const seed = 7;
const programs = join(__dirname, "..", "..", "..", "operations", "drill", "programs");
const sqlite3 = executableOnPath("sqlite3");

function row(n: number, at: number): CommittedRow {
  return { database: "tasks", origin: "anvil-1", n, id: n, at };
}

function recovered(...numbers: readonly number[]): RecoveredRow[] {
  return numbers.map((n) => ({
    origin: "anvil-1",
    n,
    payload: computePayload(seed, "tasks", { origin: "anvil-1", n }),
  }));
}

describe("percentiles", () => {
  it("are by nearest rank, and of nothing there are none", () => {
    const values = [4, 1, 3, 2];
    expect([0, 0.25, 0.5, 0.95, 1].map((share) => percentile(values, share))).toEqual([1, 1, 2, 4, 4]);
    expect(percentile([], 0.5)).toBeUndefined();
  });
});

describe("lag", () => {
  it("is the time until the first look that found the row; what was never seen is missing", () => {
    const rows = [row(1, 1000), row(2, 2000), row(3, 3000)];
    const looks = [
      { database: "tasks", id: 1, at: 1500 },
      { database: "tasks", id: 2, at: 4000 },
      { database: "mails", id: 9, at: 1200 },
    ];
    expect(computeLags(rows, looks)).toEqual([{ database: "tasks", seconds: [0.5, 2], missing: 1 }]);
  });
});

describe("recovery", () => {
  const failure = { seed, failedAt: 10_000 };
  const rows = [row(1, 7000), row(2, 8000), row(3, 9500)];

  it("counts seconds from the oldest lost row to the failure", () => {
    expect(compareRows("tasks", rows, recovered(1), failure)).toEqual({
      database: "tasks",
      committed: 3,
      recovered: 1,
      secondsLost: 2,
      hasHoles: false,
      altered: 0,
    });
    expect(compareRows("tasks", rows, recovered(1, 2, 3, 4), failure)).toMatchObject({ recovered: 3, secondsLost: 0 });
  });

  it("finds holes and altered rows", () => {
    expect(compareRows("tasks", rows, recovered(1, 3), failure)).toMatchObject({ recovered: 2, hasHoles: true });
    const altered = recovered(1, 2, 3).map((each) => ({ ...each, payload: "x" }));
    expect(compareRows("tasks", rows, altered, failure)).toMatchObject({ altered: 3 });
  });
});

describe("records", () => {
  const line = JSON.stringify(row(1, 1000));

  it("leave out a line that was cut off, and name one that is wrong", () => {
    expect(parseLedger(`${line}\n${line.slice(0, 20)}`, "ledger")).toEqual([row(1, 1000)]);
    expect(() => parseLedger(`${line}\n{}\n`, "ledger")).toThrow("ledger:2");
  });
});

// The programs that run on the hosts, on a real database.
describe.skipIf(sqlite3 === undefined)("writer and observer (needs sqlite3)", () => {
  it("record what is committed and when it was there, and lose nothing when killed", async () => {
    const directory = mkdtempSync(join(tmpdir(), "dw-"));
    const children: ChildProcess[] = [];
    const start = (name: string, settings: object): void => {
      writeFileSync(join(directory, `${name}.json`), JSON.stringify({ sqlite3, ...settings }));
      const program = [join(programs, `${name}.mjs`), join(directory, `${name}.json`)];
      children.push(spawn(process.execPath, program, { stdio: "inherit" }));
    };
    try {
      const path = join(directory, "tasks.db");
      const databases = [{ name: "tasks", path, everySeconds: 0.05 }];
      const ledger = join(directory, "ledger");
      const observations = join(directory, "observations");
      start("writer", { host: "anvil", seed, ledger, databases });
      await until(() => lines(ledger) >= 3);
      // What is in the write-ahead log is not in the file that an observer reads, as a follower's never has one.
      await runProgram(sqlite3 ?? "", [path, "PRAGMA wal_checkpoint(PASSIVE)"]);
      start("observer", { observations, databases, everySeconds: 0.05 });
      await until(() => lines(observations) >= 1);
      const ended = children.map((child) => once(child, "exit"));
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(ended);
      const rows = parseLedger(readFileSync(ledger, "utf8"), ledger);
      // The SQLite that a killed writer began ends by itself, and holds its lock until then.
      const select = "SELECT origin, n, payload FROM drill_rows";
      const found: RecoveredRow[] = JSON.parse(
        (await runProgram(sqlite3 ?? "", ["-cmd", ".timeout 10000", "-json", path, select])).stdout,
      );
      expect(compareRows("tasks", rows, found, { seed, failedAt: Date.now() })).toMatchObject({
        recovered: rows.length,
        altered: 0,
        hasHoles: false,
      });
      const [lag] = computeLags(rows, parseObservations(readFileSync(observations, "utf8"), observations));
      expect(lag?.seconds.length).toBeGreaterThanOrEqual(1);
    } finally {
      for (const child of children) child.kill("SIGKILL");
      rmSync(directory, { recursive: true });
    }
  });
});

function lines(file: string): number {
  try {
    return readFileSync(file, "utf8").split("\n").length - 1;
  } catch {
    return 0;
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 10_000; !condition(); ) {
    if (Date.now() > deadline) throw new Error("it did not happen within 10 s");
    await sleep(10);
  }
}
