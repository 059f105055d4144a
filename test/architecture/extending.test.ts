import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { LocatedError } from "../../lib/located-yaml/located-error";
import { loadAlaiInventory } from "../../stacks/alai/inventory";

const page = readFileSync(join("docs", "extending.md"), "utf8");
const recipes = page.split(/^## /m).slice(1);
const titles = recipes.map((recipe) => recipe.split("\n")[0]);

/** What the recipes name in code: paths from the repository's root. `<thing>` stands for what the reader chooses. */
const paths = [...page.matchAll(/`([\w.-]+\/[^`\s]*|[\w-]+\.ya?ml)`/g)].map(([, path]) => path ?? "");

describe("the recipes of docs/extending.md", () => {
  it("are for all that is added to this program, and for what leaves it", () => {
    expect(titles).toEqual([
      ...[
        "A site",
        "A service",
        "A public app",
        "The edge of a zone",
        "A database",
        "A replica, a standby, a key",
        "A cache",
        "A queue",
        "A way out, and a way across",
        "Objects",
        "A bucket",
        "Dumps",
        "An application",
        "A host database",
        "What leaves",
        "An alert",
        "A component",
        "A rule",
      ],
      ...["An emulated type", "A command", "A stack", "A system"],
    ]);
  });

  it("name paths that there are", () => {
    const named = paths.map((path) => (path.includes("<") ? path.slice(0, path.indexOf("<")) : path));
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((path) => !existsSync(path.replace(/[^/]*$/, "")) && path.includes("/"))).toEqual([]);
    expect(paths.filter((path) => !path.includes("<") && !existsSync(path))).toEqual([]);
  });

  it.each(recipes.map((recipe, index) => ({ title: titles[index], recipe })))(
    "say what turns red for what is forgotten: $title",
    ({ recipe }) => {
      expect(recipe).toContain("| Forgotten | Turns red |");
    },
  );

  it.each(
    recipes
      .map((recipe, index) => ({ title: titles[index], snippets: snippetsOf(recipe) }))
      .filter(({ snippets }) => snippets.length > 0),
  )("have entries that the inventory takes: $title", ({ snippets }) => {
    expect(inventoryWith(snippets)).toEqual([]);
    // An entry that is not like its schema would be refused.
    const [first] = snippets;
    if (first !== undefined) expect(inventoryWith([{ ...first, content: { unknownKey: true } }])).not.toEqual([]);
  });
});

interface Snippet {
  readonly file: string;
  readonly content: unknown;
}

function snippetsOf(recipe: string): readonly Snippet[] {
  const fences = [...recipe.matchAll(/```yaml\n# (\S+)\n([\s\S]*?)```/g)];
  return fences.map(([, file = "", text = ""]) => ({ file, content: parse(text) }));
}

/** What is wrong with the inventory when the entries are added to it. */
function inventoryWith(snippets: readonly Snippet[]): readonly string[] {
  const directory = mkdtempSync(join(tmpdir(), "recipes-"));
  try {
    cpSync(join("stacks", "alai", "inventory"), directory, { recursive: true });
    for (const { file, content } of snippets) {
      const path = join(directory, basename(file));
      writeFileSync(path, stringify(added(parse(readFileSync(path, "utf8")), content)));
    }
    loadAlaiInventory(directory);
    return [];
  } catch (error) {
    if (error instanceof LocatedError) return error.message.split("\n");
    throw error;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Lists are appended to, mappings are merged. */
function added(there: unknown, more: unknown): unknown {
  if (Array.isArray(there) && Array.isArray(more)) return [...there, ...more];
  if (!isMapping(there) || !isMapping(more)) return more;
  const merged = Object.entries(more).map(([key, value]) => [key, key in there ? added(there[key], value) : value]);
  return { ...there, ...Object.fromEntries(merged) };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
