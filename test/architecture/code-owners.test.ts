import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ImportGraph } from "../../operations/delivery/import-graph";

const root = join(__dirname, "..", "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** The patterns of the file, in the forms that are used here: `/folder/`, `/file` and `/file*`. */
const owned = read(".github/CODEOWNERS")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => {
    const [pattern = "", ...owners] = line.split(/\s+/);
    return { pattern, owners };
  });

function ownersOf(path: string): readonly string[] {
  // The last line that matches counts.
  const found = owned.filter(({ pattern }) => {
    if (pattern.endsWith("/")) return `/${path}`.startsWith(pattern);
    const name = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]*");
    return new RegExp(`^${name}$`).test(`/${path}`);
  });
  return found.at(-1)?.owners ?? [];
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

  it("own every stack's configuration and the owners themselves", () => {
    const configurations = readdirSync(root).filter((name) => /^Pulumi\..*\.yaml$/.test(name));
    expect(configurations.length).toBeGreaterThan(3);
    for (const path of [...configurations, ".github/CODEOWNERS"])
      expect([path, ownersOf(path).length]).toEqual([path, 1]);
  });

  it("own nothing that is not there", () => {
    const files = readdirSync(root);
    const gone = owned.filter(({ pattern }) => {
      const name = new RegExp(`^${pattern.split("/")[1]?.replaceAll(".", "\\.").replaceAll("*", ".*")}$`);
      return !files.some((file) => name.test(file));
    });
    expect(gone).toEqual([]);
  });
});

/** What the command line's modules load only when a command asks for it. */
function lazyTargets(graph: ImportGraph, entry: string): string[] {
  return [...graph.filesOf(entry)]
    .filter((file) => file.startsWith("cli/"))
    .flatMap((file) => graph.laterImports(file));
}
