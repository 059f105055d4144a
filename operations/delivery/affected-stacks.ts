import { execFileSync } from "node:child_process";
import { posix } from "node:path";
import { programPaths, scriptParts } from "../../programs/bundle";
import { compositionFileOf, programFileOf, type StackDefinition, stackDefinitions } from "../../stacks/registry";
import { ImportGraph } from "./import-graph";

/**
 * What decides how every stack is deployed beside what its program and the policy pack load: packages, npm, compiler, project, and
 * what runs, checks and reports them, which no import of the program leads to.
 */
const everyStack = [
  /^(package|package-lock|tsconfig)\.json$/,
  /^\.npmrc$/,
  /^Pulumi\.yaml$/,
  /^policies\/(?!parameters\/)/,
  /^(cli|deployment|operations|sandbox)\//,
];

const program = "index.ts";
const policyPack = "policies/main.js";

/**
 * The stacks that a change may change, in the order in which they are deployed: those whose program loads, reads or ships a changed
 * file. More than needed rather than fewer: a file counts as a whole, and an inventory file for every stack of its system.
 *
 * @param files what each stack needs: {@link stackFiles} of the new version
 * @param changed paths from the root, also of deleted files. What loaded a deleted module is changed, too
 * @param deployed the stacks that workflows deploy
 */
export function affectedStacks(files: StackFiles, changed: readonly string[], deployed: readonly string[]): string[] {
  return stackDefinitions
    .filter(({ name }) => deployed.includes(name))
    .filter((stack) => changed.some((path) => files.get(stack.name)?.has(path) === true || concernsStack(path, stack)))
    .map(({ name }) => name);
}

/** The files that each stack loads, reads and ships, its rules included, by the stack's name. Paths are from the root. */
export type StackFiles = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Reads what each stack needs from the program's imports.
 *
 * @param root the project's directory
 * @throws when a module cannot be parsed or an import leads nowhere, with its place
 */
export function stackFiles(root: string): StackFiles {
  const compositions = stackDefinitions.map(compositionFileOf);
  const systems = [...new Set(stackDefinitions.map(({ system }) => programFileOf(system)))];
  const programs = programPaths.filter((path) => path.endsWith(".ts"));
  const graph = ImportGraph.read(root, [...new Set([program, policyPack, ...systems, ...compositions, ...programs])]);
  const rules = graph.filesOf(policyPack);
  return new Map(
    stackDefinitions.map((stack) => {
      const [own, system] = [compositionFileOf(stack), programFileOf(stack.system)];
      // A system loads the composition that is asked for, and no other.
      const others = new Set(
        [...systems, ...graph.laterImports(system)].filter((file) => file !== own && file !== system),
      );
      const loaded = [program, system, own].flatMap((entry) => [...graph.filesOf(entry, others)]);
      const scripts = programPaths.filter((path) => path.endsWith(".sh") && loaded.includes(path));
      const parts = scripts.flatMap((path) => scriptParts(root, path));
      return [stack.name, new Set([...loaded, ...parts, ...rules])];
    }),
  );
}

function concernsStack(path: string, { name, system, readsInventories = [] }: StackDefinition): boolean {
  if (everyStack.some((pattern) => pattern.test(path))) return true;
  // Whose files a program reads is said where it runs: no import leads to them.
  const inventory = posix.dirname(path);
  if (inventory === `stacks/${system}/inventory` && path.endsWith(".yaml")) return true;
  if (/^stacks\/[^/]+\/inventory$/.test(inventory) && readsInventories.includes(posix.basename(path))) return true;
  return path === `Pulumi.${name}.yaml` || path === `policies/parameters/${name}.yaml`;
}

/** Largest list of paths that is read. */
const largestListBytes = 64 * 1024 * 1024;

/** What differs from another commit. */
interface ChangedPaths {
  /** From the root, sorted; also of deleted files. */
  readonly paths: readonly string[];
  /** How many of them differ from the checked-out commit: edited, deleted or new, and not committed. */
  readonly uncommitted: number;
}

/**
 * The paths that differ between where `base` and the checked-out commit parted and the working directory, so that what is not
 * committed counts too. Undefined when the two cannot be compared: a first push, or a history that was cut off or rewritten. Then
 * everything may have changed.
 */
export function changedPaths(directory: string, base: string): ChangedPaths | undefined {
  // A name that begins with a dash would be an option.
  if (!/^[0-9A-Za-z][\w./~^-]*$/.test(base) || /^0+$/.test(base)) return undefined;
  const list = (...args: readonly string[]): string[] => {
    const options = { cwd: directory, encoding: "utf8", maxBuffer: largestListBytes, stdio: "pipe" } as const;
    return execFileSync("git", [...args, "-z"], options)
      .split("\0")
      .filter((path) => path !== "");
  };
  try {
    const committed = list("diff", "--name-only", "--no-renames", `${base}...HEAD`);
    const edited = list("diff", "--name-only", "--no-renames", "HEAD");
    const uncommitted = new Set([...edited, ...list("ls-files", "--others", "--exclude-standard")]);
    return { paths: [...new Set([...committed, ...uncommitted])].sort(), uncommitted: uncommitted.size };
  } catch {
    return undefined;
  }
}

/** A pull request's title as changes of infrastructure have it: `[IaC] prod: why`, `[IaC] dev, prod: why` or `[IaC] all: why`. */
const titlePattern = /^\[IaC\] ([a-z0-9-]+(?:, ?[a-z0-9-]+)*): \S/;

/**
 * What is wrong with the title of a pull request that changes these stacks; undefined when nothing is. The title names every stack
 * that is changed, so that nobody approves for dev what also changes prod.
 */
export function titleProblem(title: string, affected: readonly string[], known: readonly string[]): string | undefined {
  if (affected.length === 0) return undefined;
  const expected = `[IaC] ${affected.length === known.length ? "all" : affected.join(", ")}: what changes and why`;
  const named = titlePattern.exec(title)?.[1]?.split(/, ?/);
  if (named === undefined)
    return `this changes ${affected.join(", ")}; give the pull request a title like "${expected}"`;
  if (named.includes("all")) return undefined;
  const unknown = named.filter((stack) => !known.includes(stack));
  if (unknown.length > 0) return `the title names ${unknown.join(", ")}; the stacks are ${known.join(", ")}`;
  const missing = affected.filter((stack) => !named.includes(stack));
  if (missing.length === 0) return undefined;
  return `this also changes ${missing.join(", ")}; give the pull request a title like "${expected}"`;
}
