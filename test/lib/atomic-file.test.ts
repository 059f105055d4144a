import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeAtomically } from "../../lib/atomic-file";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "atomic-file-"));
  file = join(directory, "state.json");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("an atomic write", () => {
  it("replaces the file and leaves nothing beside it", () => {
    writeAtomically(file, "one");
    writeAtomically(file, "two", { severalWriters: true });
    expect(readFileSync(file, "utf8")).toBe("two");
    expect(readdirSync(directory)).toEqual(["state.json"]);
  });

  it("gives the file the permissions that are asked for", () => {
    writeAtomically(file, "secret", { mode: 0o600 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const draft = `${file}.tmp`;
    writeFileSync(draft, "half of somebody else's", { mode: 0o644 });
    const before = process.umask(0o077);
    try {
      writeAtomically(file, "secret", { mode: 0o600 });
      expect(statSync(file).mode & 0o777).toBe(0o600);
      writeAtomically(file, "public", { mode: 0o644 });
      expect(statSync(file).mode & 0o777).toBe(0o644);
      writeAtomically(file, "as usual");
      expect(statSync(file).mode & 0o777).toBe(0o600);
    } finally {
      process.umask(before);
    }
  });

  it("overwrites what a crash left", () => {
    writeFileSync(`${file}.tmp`, "half of someth");
    writeAtomically(file, "whole");
    expect(readFileSync(file, "utf8")).toBe("whole");
  });

  it.runIf(existsSync("/dev/full"))("leaves the file as it was when the disk is full, and no draft", () => {
    writeFileSync(file, "before");
    symlinkSync("/dev/full", `${file}.tmp`);
    expect(() => writeAtomically(file, "after")).toThrow("ENOSPC");
    expect(readFileSync(file, "utf8")).toBe("before");
    expect(readdirSync(directory)).toEqual(["state.json"]);
  });

  it("throws when it cannot write, and leaves the file as it was", () => {
    writeFileSync(file, "before");
    mkdirSync(`${file}.tmp`);
    expect(() => writeAtomically(file, "after")).toThrow(/EISDIR/);
    expect(readFileSync(file, "utf8")).toBe("before");
  });
});
