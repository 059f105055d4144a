import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { LocatedError } from "../../lib/located-yaml/located-error";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { added, type Snippet, snippetsOf } from "./recipe-snippets";

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
      .map((recipe, index) => ({ title: titles[index], snippets: snippetsOf(recipe).filter(isOfAlai) }))
      .filter(({ snippets }) => snippets.length > 0),
  )("have entries that the inventory takes: $title", ({ snippets }) => {
    expect(inventoryWith(snippets)).toEqual([]);
    // An entry that is not like its schema would be refused.
    const [first] = snippets;
    if (first !== undefined) expect(inventoryWith([{ ...first, content: { unknownKey: true } }])).not.toEqual([]);
  });
});

/** What a new system writes, test/acceptance/new-system.test.ts deploys. */
const isOfAlai = ({ file }: Snippet) => file.startsWith("stacks/alai/");

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
