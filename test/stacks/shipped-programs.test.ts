import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Archive } from "../../deployment/values/property-value";
import { affectedStacks, stackFiles } from "../../operations/delivery/affected-stacks";
import { copyProject } from "../../operations/project-copy";
import { type ProgramPath, programPaths, shippedProgram } from "../../programs/bundle";
import { hasOwnProgram, stackDefinition, stackDefinitions } from "../../stacks/registry";
import { AlaiWorld, repositoryRoot } from "./alai-world";

const stacks = stackDefinitions.map(({ name }) => name);
const files = stackFiles(repositoryRoot);
const alai = new AlaiWorld();
const copies: string[] = [];

beforeAll(async () => {
  for (const stack of stacks) await alai.deploy(stack);
}, 300_000);
afterAll(() => {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true });
});

describe("what the stacks ship", () => {
  it("is what their modules name, so that a change of it affects them", async () => {
    const texts = new Map(programPaths.map((path) => [path, withoutIndentation(unconfigured(path))]));
    for (const stack of stacks) {
      const deployed = (await alai.resources(stack)).flatMap(({ inputs }) => textsIn(inputs)).map(withoutIndentation);
      const shipped = programPaths.filter((path) => deployed.some((text) => text.includes(texts.get(path) ?? "")));
      const named = programPaths.filter((path) => files.get(stack)?.has(path));
      const namedInVain = named.filter((path) => !shipped.includes(path));
      expect([stack, named]).toEqual([stack, [...shipped, ...namedInVain].sort(byPlace)]);
      expect([stack, namedInVain.filter((path) => !knownAtRunTime(stack).includes(path))]).toEqual([stack, []]);
    }
  }, 60_000);

  it("is shipped by somebody", () => {
    expect(programPaths.filter((path) => stacks.every((stack) => !files.get(stack)?.has(path)))).toEqual([]);
  });

  it("affects, with each file that it is made of, the stacks that ship it", () => {
    const shippers = new Map<string, Set<string>>();
    for (const path of programPaths) {
      for (const input of shippedProgram(path).inputs) {
        const known = shippers.get(input) ?? new Set();
        shippers.set(input, new Set([...known, ...stacks.filter((stack) => files.get(stack)?.has(path))]));
      }
    }
    expect(shippers.size).toBeGreaterThan(50);
    for (const [input, expected] of shippers) {
      const affected = affectedStacks(files, [input], stacks).sort();
      // Packages, and what the stacks' programs load as well, affect more.
      const isLoadedToo = input === "package-lock.json" || input.startsWith("lib/");
      expect([
        input,
        isLoadedToo ? [...expected].filter((stack) => affected.includes(stack)).sort() : affected,
      ]).toEqual([input, [...expected].sort()]);
    }
  }, 60_000);

  const edits = {
    "programs/jobs/visit-sites.ts": ["within 10 seconds", "for 10 seconds"],
    "programs/scripts/uninstall.sh": ["#!/bin/sh\n", "#!/bin/sh\n# Changed.\n"],
    "programs/host/agents/rotate-logs/rotate-logs-agent.ts": ["10 * 1024 * 1024", "9 * 1024 * 1024"],
    "lib/taggable-types.generated.json": ['"UserAssignedIdentity"', '"UserAssignedIdentityOfOld"'],
  } as const;

  it.each<(keyof typeof edits)[][]>([
    // Which of these three affects which stack is told apart above.
    [
      [
        "programs/jobs/visit-sites.ts",
        "programs/scripts/uninstall.sh",
        "programs/host/agents/rotate-logs/rotate-logs-agent.ts",
      ],
    ],
    [["lib/taggable-types.generated.json"]],
  ])(
    "changes the previews that a changed line of %j affects, and no others",
    async (paths) => {
      const copy = mkdtempSync(join(tmpdir(), "shipped-"));
      copies.push(copy);
      copyProject(repositoryRoot, copy);
      for (const path of paths) {
        const [from, to] = edits[path];
        const text = readFileSync(join(copy, path), "utf8");
        expect(text).toContain(from);
        writeFileSync(join(copy, path), text.replace(from, to));
      }
      const changed: string[] = [];
      for (const stack of stacks) {
        const { result, changes, messages } = await alai.preview(stack, copy);
        expect([result, messages]).toEqual(["succeeded", []]);
        if (Object.keys(changes).some((kind) => kind !== "same")) changed.push(stack);
      }
      expect(changed).not.toEqual([]);
      expect(changed).toEqual(affectedStacks(stackFiles(copy), paths, stacks));
    },
    300_000,
  );
});

/** What a stack names and may not ship: its inventory says whether it does. */
function knownAtRunTime(stack: string): readonly string[] {
  return [
    // dev's copies of sites are deployed by the workflows of prod.
    ...(stack === "dev" ? ["programs/jobs/rollback.ts"] : []),
    "programs/jobs/copy-bucket.ts",
    "programs/jobs/keep-dumps.ts",
    ...(hasOwnProgram(stackDefinition(stack).system) ? [] : ["programs/jobs/renew-certificate.ts"]),
    "programs/jobs/switch-database.ts",
    "programs/scripts/compare-servers.sh",
    "programs/scripts/dump-databases.sh",
    "programs/scripts/test-dumps.sh",
  ];
}

function byPlace(one: string, other: string): number {
  const paths: readonly string[] = programPaths;
  return paths.indexOf(one) - paths.indexOf(other);
}

/** A script's settings stand after its first line. */
function unconfigured(path: ProgramPath): string {
  const { text } = shippedProgram(path);
  return path.endsWith(".sh") ? text.slice(text.indexOf("\n") + 1) : text;
}

/** A workflow holds a script further in. */
function withoutIndentation(text: string): string {
  return text.replace(/^ +/gm, "");
}

/** All texts in a resource's properties, and in the files that it copies. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (value instanceof Archive) return "path" in value.source ? filesBelow(value.source.path) : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}
