import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(__dirname, "..", "..");

/** What each folder may import from the others. Tests may import everything. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  // What is shipped they get as text; what a host's settings file must say they share as types.
  components: ["programs/bundle", "programs/host/host-settings", "lib"],
  programs: ["lib"],
  lib: [],
  stacks: ["components", "programs/bundle", "lib"],
  policies: ["lib"],
  // Runs the policy pack in process: drift asks it about what the clouds hold, the sandbox about a plan.
  deployment: ["lib", "policies"],
  sandbox: ["lib", "policies", "deployment"],
  // The display's readings of events (what changed, which properties) are those of every report. A drill reads what the program on
  // the hosts writes, deploys to a world of its own, and says what the heartbeat promises.
  operations: [
    "programs",
    "components/heartbeat",
    "sandbox/world",
    "deployment",
    "sandbox/project",
    "lib",
    "stacks",
    "policies",
  ],
  scripts: ["deployment", "lib", "components", "sandbox", "policies", "stacks"],
  // Measures all the others.
  bench: ["deployment", "components", "lib", "stacks", "policies", "sandbox", "operations"],
  cli: ["deployment", "sandbox", "stacks", "policies", "lib", "operations", "bench"],
};

interface Import {
  readonly file: string;
  readonly target: string;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

/** Every module that a file names: imports, re-exports, `import()` and `require()`, of values and of types. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(["'])([^"'\n]+)\1/g;
  return [...text.matchAll(pattern)].map((match) => ({ file, target: match[2] ?? "" }));
}

function folderOf({ file, target }: Import): string {
  return relative(root, resolve(join(root, dirname(file)), target))
    .split("\\")
    .join("/");
}

const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name in allowed)
  .map((entry) => entry.name);

describe("imports between folders point one way", () => {
  it.each(folders)("%s", (folder) => {
    const own = [folder, ...(allowed[folder] ?? [])];
    const wrong = sourceFiles(folder)
      .flatMap(importsOf)
      .filter(({ target }) => target.startsWith("."))
      .filter((found) => !own.some((prefix) => `${folderOf(found)}/`.startsWith(`${prefix}/`)))
      .map((found) => `${found.file} imports ${found.target}`);
    expect(wrong).toEqual([]);
  });

  it("finds the imports of a file", () => {
    const targets = importsOf("stacks/alai/index.ts").map(({ target }) => target);
    expect(targets).toEqual(expect.arrayContaining(["@pulumi/pulumi", "./inventory", "./prod"]));
  });
});

describe("packages", () => {
  const packageImports = (folder: string) =>
    sourceFiles(folder)
      .flatMap(importsOf)
      .filter(({ target }) => !target.startsWith(".") && !target.startsWith("node:"));

  it("providers are imported deeply, never from their root", () => {
    const providers = ["azure-native", "cloudflare", "github", "tailscale", "command", "random"];
    const roots = providers.map((name) => `@pulumi/${name}`);
    const wrong = folders
      .flatMap(packageImports)
      .filter(({ target }) => roots.includes(target))
      .map(({ file, target }) => `${file} imports ${target}`);
    expect(wrong).toEqual([]);
  });

  it.each(["policies", "sandbox", "lib", "programs"])("%s imports no provider's package", (folder) => {
    const wrong = packageImports(folder)
      .filter(({ target }) => /^@pulumi\/(azure-native|cloudflare|github|tailscale|command|random)\b/.test(target))
      .map(({ file, target }) => `${file} imports ${target}`);
    expect(wrong).toEqual([]);
  });

  it("the inventory's schemas load without any provider's package", () => {
    const seen = new Set<string>();
    const visit = (file: string): string[] => {
      if (seen.has(file)) return [];
      seen.add(file);
      const text = readFileSync(join(root, file), "utf8");
      // Imports of types are erased, and load nothing.
      const values = [...text.matchAll(/^import (?!type )[^;]*?from "([^"]+)"/gm)].map((match) => match[1] ?? "");
      return values.flatMap((target) =>
        target.startsWith(".") ? visit(`${folderOf({ file, target })}.ts`) : [target],
      );
    };
    const packages = visit("stacks/alai/inventory/index.ts").filter((target) => target.startsWith("@pulumi/"));
    expect(packages).toEqual([]);
  });
});
