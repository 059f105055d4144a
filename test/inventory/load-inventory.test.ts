import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { type InventoryRule, loadInventory } from "../../lib/located-yaml/load-inventory";
import { LocatedError } from "../../lib/located-yaml/located-error";
import { formatProblem } from "../../lib/located-yaml/problem";
import { checkAgainst } from "../../lib/located-yaml/schema-problems";
import { formatPropertyPath } from "../../lib/property-path";

const tier = z.enum(["P0-critical", "P0-financial", "P1", "P2"]);
const store = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("blob"), container: z.string() }),
  z.strictObject({ kind: z.literal("disk"), path: z.string() }),
]);
const database = z.strictObject({ name: z.string(), tier, store: store.optional(), note: z.string().optional() });
const files = {
  databases: { name: "databases.yaml", schema: z.strictObject({ databases: z.array(database) }) },
  hosts: { name: "hosts.yaml", schema: z.strictObject({ hosts: z.array(z.string()) }) },
} as const;

const noHosts = "hosts: []\n";

function directoryWith(contents: Readonly<Record<string, string | Buffer>>): string {
  const root = mkdtempSync(join(tmpdir(), "inventory-"));
  const directory = join(root, "stacks/alai/inventory");
  mkdirSync(directory, { recursive: true });
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(directory, name), content);
  return root;
}

function load(root: string, rules: readonly InventoryRule<typeof files>[] = []) {
  return loadInventory({ files, rules, directory: join(root, "stacks/alai/inventory"), root });
}

function problemsOf(
  contents: Readonly<Record<string, string | Buffer>>,
  rules: readonly InventoryRule<typeof files>[] = [],
): readonly string[] {
  try {
    load(directoryWith({ "hosts.yaml": noHosts, ...contents }), rules);
  } catch (error) {
    if (error instanceof LocatedError) return error.problems.map(formatProblem);
    throw error;
  }
  return [];
}

const oneDatabase = (text: string) => ({ "databases.yaml": `databases:\n  - name: tasks\n${text}` });

describe("a valid inventory", () => {
  it("is what the files hold", () => {
    const root = directoryWith({
      "databases.yaml": "databases:\n  - { name: tasks, tier: P1 }\n",
      "hosts.yaml": noHosts,
    });
    expect(load(root)).toEqual({
      databases: { databases: [{ name: "tasks", tier: "P1" }] },
      hosts: { hosts: [] },
    });
  });

  it("may start with a byte order mark and use Windows line ends", () => {
    const text = "\uFEFFdatabases:\r\n  - name: tasks\r\n    tier: P1\r\n";
    expect(problemsOf({ "databases.yaml": text })).toEqual([]);
  });
});

describe("a value against its schema", () => {
  it("is reported with file, line, column, path, what was expected and what was found", () => {
    expect(problemsOf(oneDatabase("    tier: P3\n"))).toEqual([
      'stacks/alai/inventory/databases.yaml:3:11 databases[0].tier: expected P0-critical, P0-financial, P1 or P2, got "P3"; did you mean "P2"?',
    ]);
  });

  it("gets no suggestion when no known value is near", () => {
    expect(problemsOf(oneDatabase("    tier: gold\n"))).toEqual([
      'stacks/alai/inventory/databases.yaml:3:11 databases[0].tier: expected P0-critical, P0-financial, P1 or P2, got "gold"',
    ]);
  });

  it("of the wrong type names both types", () => {
    expect(problemsOf(oneDatabase("    tier: P1\n    note: 3\n"))).toEqual([
      'stacks/alai/inventory/databases.yaml:4:11 databases[0].note: expected text, got the number 3; put it in quotes: "3"',
    ]);
  });

  it.each([
    ["version: 16", 'version: expected 14, 15 or 16, got the number 16; put it in quotes: "16"'],
    ["version: 17", "version: expected 14, 15 or 16, got 17"],
    ['on: "true"', 'on: expected true or false, got the text "true"; take the quotes off: true'],
    ['on: "yes"', 'on: expected true or false, got "yes"'],
    ['count: "3"', 'count: expected a number, got the text "3"; take the quotes off: 3'],
    ["count: 40", "count: expected at most 30, got 40"],
    ["count: 0", "count: expected at least 1, got 0"],
    ["text: true", 'text: expected text, got the value true; put it in quotes: "true"'],
    ["text: abcdefghijk", 'text: expected at most 10 characters, got 11: "abcdefghijk"'],
    ["list: []", "list: expected at least 1 entry, got none"],
    ["tier: P3", 'tier: expected P0, P1 or P2, got "P3"; did you mean "P2"?'],
    ["tier: p0", 'tier: expected P0, P1 or P2, got "p0"; did you mean "P0"?'],
    ["tier: P", 'tier: expected P0, P1 or P2, got "P"; did you mean "P0"?'],
  ])("in %s says what to write instead", (line, problem) => {
    const schema = z.strictObject({
      version: z.enum(["14", "15", "16"]).optional(),
      on: z.boolean().optional(),
      count: z.int().min(1).max(30).optional(),
      text: z
        .string()
        .max(10, { abort: true })
        .regex(/^[a-c]+$/)
        .optional(),
      list: z.array(z.string()).min(1).optional(),
      tier: z.enum(["P0", "P1", "P2"]).optional(),
    });
    const checked = checkAgainst(schema, parse(line));
    const problems = checked.kind === "valid" ? [] : checked.problems;
    expect(problems.map(({ path, message }) => `${formatPropertyPath(path)}: ${message}`)).toEqual([problem]);
  });

  it("that is missing is reported where it should be", () => {
    expect(problemsOf(oneDatabase("    note: x\n"))).toEqual([
      "stacks/alai/inventory/databases.yaml:2:5 databases[0].tier: expected P0-critical, P0-financial, P1 or P2, got nothing: the key is missing",
    ]);
  });

  it("of another root type is refused", () => {
    expect(problemsOf({ "databases.yaml": "- tasks\n" })).toEqual([
      "stacks/alai/inventory/databases.yaml:1:1 expected a map of keys and values, got a list",
    ]);
  });
});

describe("an unknown key", () => {
  it("is pointed at, with the key that was meant", () => {
    expect(problemsOf(oneDatabase("    tier: P1\n    noet: x\n"))).toEqual([
      'stacks/alai/inventory/databases.yaml:4:5 databases[0].noet: unknown key "noet"; did you mean "note"?',
    ]);
  });

  it("that is like none lists the known ones", () => {
    expect(problemsOf(oneDatabase("    tier: P1\n    color: red\n"))).toEqual([
      'stacks/alai/inventory/databases.yaml:4:5 databases[0].color: unknown key "color"; known keys: name, tier, store, note',
    ]);
  });

  it("in a union is compared with the keys of the chosen alternative", () => {
    expect(problemsOf(oneDatabase("    tier: P1\n    store: { kind: disk, path: /x, pat: y }\n"))).toEqual([
      'stacks/alai/inventory/databases.yaml:4:36 databases[0].store.pat: unknown key "pat"; did you mean "path"?',
    ]);
  });

  it("that was to decide between alternatives is named, and nothing else", () => {
    expect(problemsOf(oneDatabase("    tier: P1\n    store: { kidn: disk, path: /x }\n"))).toEqual([
      'stacks/alai/inventory/databases.yaml:4:14 databases[0].store.kidn: unknown key "kidn"; did you mean "kind"?',
    ]);
  });

  it("does not hide a wrong discriminator", () => {
    expect(problemsOf(oneDatabase("    tier: P1\n    store: { kind: blobb }\n"))).toEqual([
      'stacks/alai/inventory/databases.yaml:4:20 databases[0].store.kind: expected blob or disk, got "blobb"; did you mean "blob"?',
    ]);
  });
});

describe("a file that cannot be used", () => {
  it.each([
    ["missing", undefined, "stacks/alai/inventory/databases.yaml:1:1 the file is missing"],
    [
      "empty",
      "",
      "stacks/alai/inventory/databases.yaml:1:1 the file is empty; a file without entries has an empty list",
    ],
    [
      "only comments",
      "# nothing\n",
      "stacks/alai/inventory/databases.yaml:1:1 the file is empty; a file without entries has an empty list",
    ],
    [
      "not UTF-8",
      Buffer.from([0x61, 0x3a, 0xff]),
      "stacks/alai/inventory/databases.yaml:1:1 the file is not UTF-8 text; save it as UTF-8",
    ],
    [
      "with a key twice",
      "databases: []\ndatabases: []\n",
      "stacks/alai/inventory/databases.yaml:2:1 this key is there twice; remove one",
    ],
    [
      "with two documents",
      "databases: []\n---\na: 1\n",
      "stacks/alai/inventory/databases.yaml:2:1 expected one document; remove the line `---` that starts another",
    ],
  ])("%s", (_name, content, message) => {
    expect(problemsOf(content === undefined ? {} : { "databases.yaml": content })).toEqual([message]);
  });

  it("with broken syntax is reported at its place", () => {
    const problems = problemsOf({ "databases.yaml": "databases:\n  - name: [tasks\n    tier: P1\n" });
    expect(problems[0]).toMatch(/^stacks\/alai\/inventory\/databases\.yaml:\d+:\d+ not valid YAML: /);
  });

  it.each([
    [
      "a line without a key",
      "databases:\n  - name: a\nhello\n  - { name: b, tier: P1 }\n  - { name: c, tier: P1 }\n",
      "3:1",
    ],
    ["a value that begins with *", "databases:\n  - name: *{ a: 1 }\n    tier: { b: 2 }\n  - { name: c }\n", "2:11"],
  ])("with %s has one problem, there", (_what, text, place) => {
    const problems = problemsOf({ "databases.yaml": text });
    expect(problems).toEqual([expect.stringContaining(`databases.yaml:${place} not valid YAML: `)]);
    expect(problems.join()).not.toContain("nested mappings");
  });

  it("over the size limit is refused unread", () => {
    const started = performance.now();
    const problems = problemsOf({ "databases.yaml": "#".repeat(10 * 1024 * 1024) });
    expect(problems).toEqual(["stacks/alai/inventory/databases.yaml:1:1 the file has 10.0 MB, the limit is 2.0 MB"]);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("with aliases is refused before they are expanded", () => {
    const levels = Array.from({ length: 20 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(10)}]`);
    const problems = problemsOf({ "databases.yaml": `l0: &l0 x\n${levels.join("\n")}\n` });
    expect(problems[0]).toBe(
      "stacks/alai/inventory/databases.yaml:2:10 aliases (*l0) are not supported; write the value out",
    );
  });
});

describe("rules over several files", () => {
  const rule: InventoryRule<typeof files> = ({ databases }) =>
    databases.databases.map((_, index) => ({
      file: "databases.yaml",
      path: ["databases", index, "name"],
      message: "refused",
    }));

  it("are mapped to positions", () => {
    expect(problemsOf(oneDatabase("    tier: P1\n"), [rule])).toEqual([
      "stacks/alai/inventory/databases.yaml:2:11 databases[0].name: refused",
    ]);
  });

  it("are told with what is wrong in the same file, and in others, in the order of lines", () => {
    const contents = { ...oneDatabase("    tier: P9\n"), "hosts.yaml": "hosts: 2\n" };
    expect(problemsOf(contents, [rule])).toEqual([
      "stacks/alai/inventory/databases.yaml:2:11 databases[0].name: refused",
      expect.stringContaining("databases.yaml:3:11 databases[0].tier: expected"),
      expect.stringContaining("hosts.yaml:1:8 hosts: expected a list"),
    ]);
  });

  it("say nothing that only follows from an invalid entry, here or in another file", () => {
    const counts: InventoryRule<typeof files> = ({ databases }) =>
      databases.databases.some(({ tier: of }) => of === "P1")
        ? []
        : [{ file: "databases.yaml", path: ["databases"], message: "expected one of P1" }];
    const misses: InventoryRule<typeof files> = ({ databases, hosts }) =>
      hosts.hosts.flatMap((host, index) =>
        databases.databases.some(({ note }) => note === host)
          ? []
          : [{ file: "hosts.yaml", path: ["hosts", index], message: "no database of it" }],
      );
    const expects: InventoryRule<typeof files> = ({ databases }) => {
      databases.databases.map(({ name }) => name.toUpperCase());
      return [];
    };
    const contents = { "databases.yaml": "databases:\n  - { tier: P9 }\n", "hosts.yaml": "hosts: [anvil]\n" };
    expect(problemsOf(contents, [counts, misses, expects]).map((problem) => problem.split(" ")[1])).toEqual([
      "databases[0].name:",
      "databases[0].tier:",
    ]);
  });
});

it("reports the problems of all files at once", () => {
  expect(problemsOf({ "databases.yaml": "databases: 1\n", "hosts.yaml": "hosts: 2\n" })).toEqual([
    "stacks/alai/inventory/databases.yaml:1:12 databases: expected a list, got 1",
    "stacks/alai/inventory/hosts.yaml:1:8 hosts: expected a list, got 2",
  ]);
});
