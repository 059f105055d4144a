import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(__dirname, "..", "..");

/** Imports and re-exports that load something; those of types are erased. */
const importsOfValues = /^(?:import|export) (?!type )(?:[^;"]*? from )?"(\.[^"]*)";/gm;
/** Modules loaded when they are needed. `typeof import(…)` names a type and loads nothing. */
const lazyImports = /(?:\brequire|(?<!typeof )\bimport)\(\s*"(\.[^"]*)"\s*\)/g;

function targetsOf(file: string, patterns: readonly RegExp[]): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return patterns
    .flatMap((pattern) => [...text.matchAll(pattern)].map((match) => join(dirname(file), match[1] ?? "")))
    .map((path) => [`${path}.ts`, join(path, "index.ts"), path].find((name) => existsSync(join(root, name))) ?? path);
}

/** Every file that is loaded with `entry`, each with the file that asks for it first. */
function loadedWith(entry: string, patterns: readonly RegExp[]): ReadonlyMap<string, string> {
  const loaded = new Map([[entry, ""]]);
  for (const file of loaded.keys()) {
    if (!file.endsWith(".ts")) continue;
    for (const target of targetsOf(file, patterns)) if (!loaded.has(target)) loaded.set(target, file);
  }
  return loaded;
}

function ofTheSandbox(loaded: ReadonlyMap<string, string>): string[] {
  return [...loaded]
    .filter(([file]) => file.startsWith("sandbox/"))
    .map(([file, importer]) => `${importer} loads ${file}`);
}

describe("a deployment on the real engine loads nothing of the sandbox", () => {
  // The command line loads a command, and an engine, when it knows which one: what both engines' commands share is what it imports.
  it("the command line", () => {
    expect(ofTheSandbox(loadedWith("cli/main.ts", [importsOfValues]))).toEqual([]);
  });

  it.each([
    "cli/engines/pulumi-engine.ts",
    "cli/commands/up.ts",
    "cli/commands/preview.ts",
    "cli/commands/refresh.ts",
    "cli/commands/destroy.ts",
    "cli/commands/drift.ts",
    "cli/commands/report.ts",
    "cli/commands/outputs.ts",
    "index.ts",
    "policies/index.ts",
  ])("%s, with what it loads later", (entry) => {
    const loaded = loadedWith(entry, [importsOfValues, lazyImports]);
    expect(loaded.size).toBeGreaterThan(3);
    expect([...loaded.keys()].filter((file) => !existsSync(join(root, file)))).toEqual([]);
    expect(ofTheSandbox(loaded)).toEqual([]);
  });

  it("the walk finds what the sandbox's engine loads", () => {
    const loaded = loadedWith("cli/engines/sandbox-engine.ts", [importsOfValues, lazyImports]);
    expect(ofTheSandbox(loaded).length).toBeGreaterThan(50);
    expect(targetsOf("cli/main.ts", [lazyImports])).toContain("cli/engines/sandbox-engine.ts");
  });
});
