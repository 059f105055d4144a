import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ownedPatterns } from "../../components/delivery/delivery-files";
import { ImportGraph } from "../../operations/delivery/import-graph";

const root = join(__dirname, "..", "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** The patterns of the file, in the forms that are used here: everything, and `/folder/`. */
const owned = read(".github/CODEOWNERS")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => {
    const [pattern = "", ...owners] = line.split(/\s+/);
    return { pattern, owners };
  });

function ownersOf(path: string): readonly string[] {
  // The last line that matches counts; without names, nobody owns it.
  const found = owned.filter(
    ({ pattern }) => pattern === "*" || (pattern.endsWith("/") && `/${path}`.startsWith(pattern)),
  );
  return found.at(-1)?.owners ?? [];
}

/** Whether the ruleset asks the owners for a path, as Ruby's `File.fnmatch` with FNM_PATHNAME says, which GitHub uses for rulesets. */
function isInRuleset(path: string): boolean {
  return ownedPatterns.some((pattern) => {
    const folder = /^([.\w]+)\/\*\*\/\*$/.exec(pattern)?.[1];
    if (folder !== undefined) return path.startsWith(`${folder}/`);
    if (path.includes("/")) return false;
    return pattern === "*" ? !path.startsWith(".") : pattern === ".*" && path.startsWith(".");
  });
}

const workflows = readdirSync(join(root, ".github/workflows")).map((name) => `.github/workflows/${name}`);
/** The commands that workflows run for real: tests are anybody's. */
const commands = [
  ...new Set(workflows.flatMap((file) => [...read(file).matchAll(/\bnpm run (?:-s )?([a-z-]+)/g)])),
].map(([, name = ""]) => name);
const scripts = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read("package.json"))).scripts;
/** What Node.js, the compiler and Pulumi read before anything is imported. */
const readFirst = ["package.json", "package-lock.json", "tsconfig.json", "Pulumi.yaml", "policies/PulumiPolicy.yaml"];

describe("code owners", () => {
  const starts = [...new Set(commands.map((name) => scripts[name] ?? `no script ${name}`))].flatMap((script) =>
    [...script.matchAll(/\bcli\/\S+/g)].map(([file]) => file),
  );
  // The command line loads a command, and an engine, when it knows which one: those that a workflow never asks for are left out.
  const main = ["cli/main.ts", "cli/bootstrap.mjs"];
  const later = [
    "cli/engines/pulumi-engine.ts",
    ...commands.map((name) => `cli/commands/${name}.ts`).filter((file) => existsSync(join(root, file))),
  ];
  const deployed = ["index.ts", "policies/main.js"];
  /** Workflows name the other engine. */
  const onSandboxOnly = "cli/engines/sandbox-previews.ts";

  it("own whatever a real deployment, the workflows and the policy pack load and read", () => {
    expect(commands).toEqual(expect.arrayContaining(["up", "report", "drift"]));
    const entries = [...main, ...starts, ...later, ...deployed];
    expect(entries.filter((entry) => !existsSync(join(root, entry)))).toEqual([]);
    const graph = ImportGraph.read(root, entries);
    const first = [...main, ...starts].flatMap((entry) => [
      ...graph.filesOf(entry, new Set(lazyTargets(graph, entry))),
    ]);
    const rest = [...later, ...deployed].flatMap((entry) => [...graph.filesOf(entry, new Set([onSandboxOnly]))]);
    const loaded = [...new Set([...first, ...rest, ...workflows, ...readFirst])].filter((path) =>
      existsSync(join(root, path)),
    );
    expect(loaded.length).toBeGreaterThan(300);
    expect(loaded.filter((path) => ownersOf(path).length === 0)).toEqual([]);
  });

  it("own everything but documents and tests, also by the ruleset, and what nobody has added yet", () => {
    const files = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" }).split("\0").filter(Boolean);
    expect(files.length).toBeGreaterThan(600);
    const later = [".npmrc", ".envrc", "scripts/install.sh", "sandbox/automation/new.ts", ".github/workflows/new.yml"];
    for (const path of [...files, ...later]) {
      const isAnybodys = /^(docs|test)\//.test(path);
      expect([path, ownersOf(path).length]).toEqual([path, isAnybodys ? 0 : 1]);
      if (!path.startsWith("scripts/")) expect([path, isInRuleset(path)]).toEqual([path, !isAnybodys]);
    }
  });
});

/** What the command line's modules load only when a command asks for it. */
function lazyTargets(graph: ImportGraph, entry: string): string[] {
  return [...graph.filesOf(entry)]
    .filter((file) => file.startsWith("cli/"))
    .flatMap((file) => graph.laterImports(file));
}
