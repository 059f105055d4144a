import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { systemNames } from "../../stacks/registry";

const root = join(__dirname, "..", "..");

/** What each folder may import from the others, as the table of docs/architecture.md says. Tests may import everything. */
const allowed = directionsOf(readFileSync(join(root, "docs", "architecture.md"), "utf8"));

function directionsOf(page: string): Readonly<Record<string, readonly string[]>> {
  const rows = [...page.matchAll(/^\| `([a-z]+)\/` \|.*\| ([^|]+) \|$/gm)];
  return Object.fromEntries(
    rows.map(([, folder = "", imports = ""]) => [
      folder,
      [...imports.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
    ]),
  );
}

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

  it("every folder of sources has its row", () => {
    const withSources = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !/^\.|^(node_modules|test|docs)$/.test(entry.name))
      .map((entry) => entry.name);
    expect(withSources.filter((name) => sourceFiles(name).length > 0).sort()).toEqual(Object.keys(allowed).sort());
  });

  it("finds the imports of a file", () => {
    const targets = importsOf("stacks/alai/index.ts").map(({ target }) => target);
    expect(targets).toEqual(expect.arrayContaining(["@pulumi/pulumi", "./inventory", "./prod"]));
  });
});

describe("a system", () => {
  /** Who names one all the same, with the reason. An entry that no longer does fails, too. */
  const exceptions: Readonly<Record<string, string>> = {
    bench: "measures ALAI's stacks, the largest program that there is",
    "operations/report/report-sample.generator.ts": "the sample is a change of ALAI's inventory",
    "vitest.config.mts": "names the test files that take longest",
  };
  const rootFiles = readdirSync(root).filter((name) => /\.(ts|mts|mjs)$/.test(name));
  const outside = [...folders.filter((folder) => folder !== "stacks").flatMap(sourceFiles), ...rootFiles];
  const namesSystem = (file: string): boolean => {
    const code = readFileSync(join(root, file), "utf8").replace(/^\s*(\/\*\*|\*|\/\/).*$/gm, "");
    const texts = [...code.matchAll(/(["'`])([^"'`\n]+)\1/g)].map(([, , text = ""]) => text);
    return texts.some((text) =>
      text
        .split("/")
        .some((part, _index, { length }) =>
          systemNames.some((system) => part === system || (length > 1 && part.startsWith(`${system}-`))),
        ),
    );
  };
  const naming = outside.filter(namesSystem);

  it("is named in an import or a path by nothing outside stacks: what others need of one, stacks/registry.ts gives", () => {
    expect(outside.length).toBeGreaterThan(500);
    expect(
      naming.filter((file) => !Object.keys(exceptions).some((known) => `${file}/`.startsWith(`${known}/`))),
    ).toEqual([]);
  });

  it("has no entry in the list of those that name one that does not", () => {
    const stale = Object.keys(exceptions).filter((known) => !naming.some((file) => `${file}/`.startsWith(`${known}/`)));
    expect(stale).toEqual([]);
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
      const modules = values.filter((target) => !target.endsWith(".json"));
      return modules.flatMap((target) =>
        target.startsWith(".") ? visit(`${folderOf({ file, target })}.ts`) : [target],
      );
    };
    const packages = visit("stacks/alai/inventory/index.ts").filter((target) => target.startsWith("@pulumi/"));
    expect(packages).toEqual([]);
  });
});
