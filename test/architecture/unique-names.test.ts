import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { shippingFolders } from "./shipping-folders";

const root = join(__dirname, "..", "..");

/** Base names that say nothing without their folder, in every folder alike. */
const sameEverywhere: ReadonlySet<string> = new Set(["index", "schema", "main"]);

/**
 * Folders whose files are named after what they are for: a cloud's type, a command, a rule, a stack or another part of one system.
 * There the folder says the rest.
 */
const namedAfter = /^(sandbox\/clouds|cli\/commands|policies\/rules|stacks\/[^/]+)\//;

const longest = 300;

function sourceFiles(...folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|mts|mjs|cjs)$/.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)))
      .filter((file) => !/(^|\/)(fixtures|node_modules)\//.test(file)),
  );
}

/** Paths without their extensions, of all that an import without one could mean. */
function importPaths(): string[] {
  return shippingFolders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|js|json)$/.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).replace(/\.\w+$/, "")),
  );
}

/** Each key that more than one file has, with the files. */
function repeats(files: readonly string[], keysOf: (file: string) => readonly string[]): string[] {
  const found = new Map<string, string[]>();
  for (const file of files) {
    for (const key of new Set(keysOf(file))) found.set(key, [...(found.get(key) ?? []), file]);
  }
  return [...found].flatMap(([key, in_]) => (in_.length > 1 ? [`${key}: ${in_.join(", ")}`] : []));
}

function exportedTypes(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [
    ...text.matchAll(/^export (?:declare )?(?:abstract )?(?:interface|type|class|enum) (\w+)\b(?!.* from )/gm),
  ].map(([, name = ""]) => name);
}

/** Exported functions and constants that no other file names: neither a program, nor a test, nor what starts a plugin. */
function unusedElsewhere(files: readonly string[]): string[] {
  const starters = readdirSync(join(root, "sandbox/bin"))
    .filter((file) => !file.includes("."))
    .map((file) => join("sandbox/bin", file));
  const users = new Map<string, number>();
  for (const file of [...sourceFiles(...shippingFolders, "test"), ...starters]) {
    const text = readFileSync(join(root, file), "utf8");
    for (const word of new Set(text.match(/\w+/g) ?? [])) users.set(word, (users.get(word) ?? 0) + 1);
  }
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), "utf8");
    const given = [...text.matchAll(/^export (?:async )?(?:function\*?|const) (\w+)/gm)].map(([, name = ""]) => name);
    return given.filter((name) => (users.get(name) ?? 0) < 2).map((name) => `${file}: ${name}`);
  });
}

function baseName(file: string): string[] {
  const name = basename(file).replace(/\.(ts|mts|mjs|cjs)$/, "");
  return sameEverywhere.has(name) || namedAfter.test(file) ? [] : [name];
}

describe("names", () => {
  it("of exported types mean one thing in the whole program", () => {
    expect(repeats(sourceFiles(...shippingFolders), exportedTypes)).toEqual([]);
  });

  it("of files are used once, except where the folder says the rest", () => {
    expect(repeats(sourceFiles(...shippingFolders), baseName)).toEqual([]);
  });

  // Node takes `.json` before `.ts`, also in Pulumi's language host.
  it("of modules are what an import without an extension finds", () => {
    const paths = importPaths();
    expect(paths.filter((path, index) => paths.indexOf(path) !== index)).toEqual([]);
  });

  it("of decisions have a number of their own, by which others refer to them", () => {
    const decisions = readdirSync(join(root, "docs", "decisions"));
    expect(decisions.length).toBeGreaterThan(40);
    expect(repeats(decisions, (file) => [file.slice(0, 4)])).toEqual([]);
  });

  it("of exported functions and constants are named in another file", () => {
    expect(unusedElsewhere(sourceFiles(...shippingFolders))).toEqual([]);
  });

  it("are found where they repeat", () => {
    const twice = sourceFiles("lib").slice(0, 2);
    expect(repeats(twice, () => ["Same"])).toEqual([`Same: ${twice.join(", ")}`]);
    expect(exportedTypes("operations/drill/wait.ts")).toEqual([]);
    expect(exportedTypes("operations/drill/drill-site.ts")).toContain("DrillSite");
  });
});

describe("files of the program", () => {
  it(`have at most ${longest} lines`, () => {
    const lines = (file: string) => readFileSync(join(root, file), "utf8").split("\n").length - 1;
    const long = sourceFiles(...shippingFolders).filter((file) => lines(file) > longest);
    expect(long.map((file) => `${file}: ${lines(file)}`)).toEqual([]);
  });
});
