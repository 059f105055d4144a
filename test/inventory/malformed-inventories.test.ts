import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { isMap, isPair, isScalar, parseDocument, visit } from "yaml";
import { LocatedError } from "../../lib/located-yaml/located-error";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { runHere } from "../cli/run-here";

const root = join(__dirname, "..", "..");
const original = join(root, "stacks/alai/inventory");
const files = readdirSync(original).filter((name) => name.endsWith(".yaml"));

/** What a tired person, or a merge, does to a value. */
const badValues: readonly unknown[] = [
  "",
  " ",
  "x",
  "x".repeat(300),
  "10.0.0.300",
  "ÆØÅ",
  "null",
  "true",
  "-1",
  "1e9",
  "$(reboot)",
  "../..",
  "a: b",
  "P3",
  0,
  -1,
  1.5,
  1e12,
  true,
  null,
  [],
  {},
  [[]],
  { x: 1 },
];

const directory = mkdtempSync(join(tmpdir(), "malformed-"));
cpSync(original, directory, { recursive: true, filter: (path) => !path.endsWith(".ts") });
afterAll(() => rmSync(directory, { recursive: true }));

/** A file with one of its values replaced, one of its keys renamed or taken out. */
function mutate(text: string, place: number, edit: "replace" | "rename" | "remove", value: unknown): string {
  const document = parseDocument(text);
  const pairs: (() => void)[] = [];
  visit(document, {
    Pair: (_key, pair, path) => {
      const parent = path.at(-1);
      pairs.push(() => {
        if (edit === "replace") pair.value = document.createNode(value);
        else if (edit === "rename" && isScalar(pair.key)) pair.key.value = `${pair.key.value}x`;
        else if (isMap(parent)) parent.items = parent.items.filter((item) => !isPair(item) || item !== pair);
      });
    },
  });
  pairs[place % pairs.length]?.();
  return String(document);
}

/** Loads the inventory with one file changed; what is thrown for any other reason than its contents is a fault of ours. */
function loadWith(file: string, text: string): readonly string[] {
  const before = readFileSync(join(original, file), "utf8");
  writeFileSync(join(directory, file), text);
  try {
    loadAlaiInventory(directory);
    return [];
  } catch (error) {
    if (!(error instanceof LocatedError)) throw error;
    return error.problems.map(({ file: shown, position, message }) => `${shown}:${position.line} ${message}`);
  } finally {
    writeFileSync(join(directory, file), before);
  }
}

describe("a malformed inventory", () => {
  it.each(files)(
    "of %s is refused with lines, or is valid after all",
    (file) => {
      const text = readFileSync(join(original, file), "utf8");
      let refused = 0;
      fc.assert(
        fc.property(
          fc.nat(),
          fc.constantFrom("replace", "rename", "remove"),
          fc.constantFrom(...badValues),
          (place, edit, value) => {
            const problems = loadWith(file, mutate(text, place, edit, value));
            refused += problems.length > 0 ? 1 : 0;
            for (const problem of problems) expect(problem).toMatch(/\.yaml:[1-9]\d* \S/);
          },
        ),
        { numRuns: 20, seed: 7 },
      );
      expect(refused).toBeGreaterThan(5);
    },
    60_000,
  );

  it.each(files)(
    "of %s cut off anywhere is refused with lines, or is valid after all",
    (file) => {
      const text = readFileSync(join(original, file), "utf8");
      fc.assert(
        fc.property(fc.nat(text.length), (length) => {
          for (const problem of loadWith(file, text.slice(0, length))) expect(problem).toMatch(/\.yaml:[1-9]\d* \S/);
        }),
        { numRuns: 6, seed: 7 },
      );
    },
    60_000,
  );
});

describe("a command", () => {
  const project = mkdtempSync(join(tmpdir(), "malformed-project-"));
  for (const name of readdirSync(root)) {
    if (name === "stacks" || name.startsWith(".")) continue;
    if (name.startsWith("Pulumi") || name === "index.ts") cpSync(join(root, name), join(project, name));
    else symlinkSync(join(root, name), join(project, name));
  }
  cpSync(join(root, "stacks"), join(project, "stacks"), { recursive: true });
  afterAll(() => rmSync(project, { recursive: true }));

  it.each([
    [
      "environments.yaml",
      "databases: [mission_control, hivemind]",
      "databases: [mission_control, postgres]",
      "belongs to the server",
      "dev",
    ],
    ["services.yaml", "secret: git-read-token", "secret: git-raed-token", 'did you mean "git-read-token"?', "dev"],
    ["databases.yaml", "tier: P1", "tier: P3", 'did you mean "P2"?', "dev"],
    ["network.yaml", "10.30.2.0/28", "10.30.2.0/30", "is too small", "dev"],
    // What only a component knows is refused there, with the place that its arguments came from.
    [
      "zones.yaml",
      "adopt: c0de0000000000000000000000000003",
      "records: [{ type: TXT, name: a, content: x }, { type: TXT, name: a, content: y }]",
      'DnsZone "bilko.io": two records are called "txt-a"; give one of them an id of its own',
      "prod",
    ],
  ])(
    "refuses %s with %s changed to %s, with exit code 2 and without a stack trace",
    async (file, from, to, told, stack) => {
      const path = join(project, "stacks/alai/inventory", file);
      const before = readFileSync(path, "utf8");
      expect(before).toContain(from);
      writeFileSync(path, before.replaceAll(from, to));
      const sandbox = { SANDBOX_DIRECTORY: mkdtempSync(join(tmpdir(), "malformed-world-")) };
      const run = await runHere(["preview", "--stack", stack, "--cwd", project], sandbox);
      writeFileSync(path, before);
      expect(run.output + run.errors).toContain(told);
      expect(run.output).toMatch(new RegExp(`inventory/${file}:\\d+:\\d+ `));
      expect(run.output + run.errors).not.toMatch(/\n\s+at \S+ ?\(|unhandled exception/);
      expect(run.exitCode).toBe(2);
    },
    60_000,
  );
});
