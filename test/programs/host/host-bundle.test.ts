import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostBundle } from "../../../programs/bundle";

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "r2-bundle-"));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("the hosts' program as one file", () => {
  it("is built once, used again, and built again when a source changed", () => {
    const built = hostBundle(directory);
    expect(built.text).toBe(readFileSync(built.file, "utf8"));
    const { mtimeMs } = statSync(built.file);
    expect(hostBundle(directory).sha256).toBe(built.sha256);
    expect(statSync(built.file).mtimeMs).toBe(mtimeMs);

    const record = join(directory, "host.json");
    const { sha256, inputs } = JSON.parse(readFileSync(record, "utf8"));
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(["package-lock.json", "programs/host/main.ts"]));
    writeFileSync(record, JSON.stringify({ sha256, inputs: { ...inputs, "programs/host/main.ts": "0" } }));
    // The same sources give the same file: nothing is installed again for nothing.
    expect(hostBundle(directory).sha256).toBe(built.sha256);
    expect(JSON.parse(readFileSync(record, "utf8")).inputs).toEqual(inputs);
  });

  it("imports nothing but Node's own modules", () => {
    const { text } = hostBundle(directory);
    const imported = [...text.matchAll(/(?:^|[;}\n])import[^"'()]*?["']([^"']+)["']/g)].map((match) => match[1] ?? "");
    expect(imported.length).toBeGreaterThan(5);
    expect(imported.filter((name) => !builtinModules.includes(name.replace(/^node:/, "")))).toEqual([]);
  });
});
