import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StackLocked } from "../../../../deployment/state-errors";
import { ownIdentity } from "../../../../lib/lock/lock-file.cjs";
import { takeStackLock } from "../../../../sandbox/engine/state/disk-state-store";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lock-"));
  path = join(directory, "dev.lock");
});

afterEach(() => rmSync(directory, { recursive: true }));

function owner(fields: object): string {
  return JSON.stringify({ ...ownIdentity(), user: "someone", purpose: "up", since: "2026-01-01T00:00:00Z", ...fields });
}

/** The number of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid ?? 0;
}

describe("the lock on a stack", () => {
  it("keeps a second one out and names the first", async () => {
    const unlock = await takeStackLock(path, "dev", "up");
    const second = takeStackLock(path, "dev", "destroy");
    await expect(second).rejects.toThrow(StackLocked);
    await expect(second).rejects.toThrow(`the stack dev is currently locked by up`);
    await expect(second).rejects.toThrow(`pid ${process.pid}`);
    await unlock();
    await (await takeStackLock(path, "dev", "destroy"))();
  });

  it("is gone when given back", async () => {
    await (await takeStackLock(path, "dev", "up"))();
    expect(existsSync(path)).toBe(false);
  });

  it("is taken over from an owner that is dead", async () => {
    writeFileSync(path, owner({ pid: await deadPid() }));
    const unlock = await takeStackLock(path, "dev", "up");
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ pid: process.pid });
    await unlock();
  });

  it("is respected when its owner is on another machine", async () => {
    writeFileSync(path, owner({ pid: await deadPid(), host: "another-machine" }));
    await expect(takeStackLock(path, "dev", "up")).rejects.toThrow(/someone@another-machine/);
  });

  it("is respected when it cannot be read, and says which file to look at", async () => {
    writeFileSync(path, "");
    await expect(takeStackLock(path, "dev", "up")).rejects.toThrow(`delete ${path}`);
  });
});
