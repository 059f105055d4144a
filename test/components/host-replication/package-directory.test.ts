import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { writePackage } from "../../../components/host-replication/host-replication";

const content = { id: "0123456789abcdef", listing: "", files: new Map([["files/etc/host.json", "{}"]]) };
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "packages-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe("a package as files", () => {
  it("lies where its name says, which is the same in every state", () => {
    const path = writePackage("forge", content, directory);
    expect(isAbsolute(path)).toBe(false);
    expect(readFileSync(join(directory, "forge-0123456789abcdef", "files", "etc", "host.json"), "utf8")).toBe("{}");
    expect(writePackage("forge", content, directory)).toBe(path);
  });

  it("takes the place of packages that nobody has wanted for a day", () => {
    const [old, recent] = [join(directory, "forge-old"), join(directory, "forge-recent")];
    for (const path of [old, recent]) mkdirSync(path);
    const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
    utimesSync(old, twoDaysAgo, twoDaysAgo);
    writePackage("forge", content, directory);
    expect([existsSync(old), existsSync(recent)]).toEqual([false, true]);
  });

  it("leaves others' packages to a process that was told another date", () => {
    writePackage("anvil", content, directory);
    vi.setSystemTime(Date.now() + 30 * 86_400_000);
    try {
      writePackage("forge", content, directory);
    } finally {
      vi.useRealTimers();
    }
    expect(existsSync(join(directory, "anvil-0123456789abcdef"))).toBe(true);
  });
});
