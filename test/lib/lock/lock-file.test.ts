import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readOwner, tryLock, unlock } from "../../../lib/lock/lock-file";
import { ownIdentity } from "../../../lib/lock/process-identity";

let directory = "";
let path = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lock-"));
  path = join(directory, "stack.lock");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const ownedBy = (owner: object) =>
  writeFileSync(path, JSON.stringify({ ...ownIdentity(), purpose: "up dev", since: "2026-01-01T00:00:00Z", ...owner }));

describe("a lock file", () => {
  it("names its owner while it is held, and is free after", () => {
    expect(tryLock(path, "up dev")).toBeUndefined();
    expect(tryLock(path, "up dev")).toMatchObject({ pid: process.pid, purpose: "up dev" });
    unlock(path);
    expect(tryLock(path, "destroy dev")).toBeUndefined();
    expect(readdirSync(directory)).toEqual(["stack.lock"]);
  });

  it("is broken when its owner is dead", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    ownedBy({ pid: child.pid });
    expect(tryLock(path, "up dev")).toBeUndefined();
    expect(readOwner(path)?.pid).toBe(process.pid);
  });

  it("is broken when the owner's number belongs to another process now", () => {
    ownedBy({ started: "1" });
    expect(tryLock(path, "up dev") === undefined).toBe(existsSync("/proc/self/stat"));
  });

  it("is kept when the owner runs on another host, which cannot be asked", () => {
    ownedBy({ host: `not-${hostname()}`, pid: 1 });
    expect(tryLock(path, "up dev")).toMatchObject({ host: `not-${hostname()}` });
  });

  it("is broken when it says nothing readable", () => {
    writeFileSync(path, "half a li");
    expect(tryLock(path, "up dev")).toBeUndefined();
  });
});
