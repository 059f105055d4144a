import { programPaths } from "../../programs/bundle";
import { type StackDefinition, stackDefinitions } from "../../stacks/registry";
import { ImportGraph } from "./import-graph";

/** What decides how every stack is deployed beside what its program and the policy pack load: packages, compiler, project, guards. */
const everyStack = [
  /^(package|package-lock|tsconfig)\.json$/,
  /^Pulumi\.yaml$/,
  /^policies\/(?!parameters\/)/,
  /^operations\/guard\//,
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
    .map(({ name }) => name)
    .filter((name) => deployed.includes(name))
    .filter((name) => changed.some((path) => files.get(name)?.has(path) === true || concernsStack(path, name)));
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
  const compositions = stackDefinitions.map(compositionFile);
  const systems = [...new Set(stackDefinitions.map(({ system }) => systemFile(system)))];
  const programs = programPaths.filter((path) => path.endsWith(".ts"));
  const graph = ImportGraph.read(root, [program, policyPack, ...systems, ...compositions, ...programs]);
  const rules = graph.filesOf(policyPack);
  return new Map(
    stackDefinitions.map((stack) => {
      const [own, system] = [compositionFile(stack), systemFile(stack.system)];
      // A system loads the composition that is asked for, and no other.
      const others = new Set(
        [...systems, ...graph.laterImports(system)].filter((file) => file !== own && file !== system),
      );
      const loaded = [program, system, own].flatMap((entry) => [...graph.filesOf(entry, others)]);
      return [stack.name, new Set([...loaded, ...rules])];
    }),
  );
}

function compositionFile({ system, composition }: StackDefinition): string {
  return `stacks/${system}/${composition}.ts`;
}

function systemFile(system: string): string {
  return `stacks/${system}/index.ts`;
}

function concernsStack(path: string, name: string): boolean {
  if (everyStack.some((pattern) => pattern.test(path))) return true;
  return path === `Pulumi.${name}.yaml` || path === `policies/parameters/${name}.yaml`;
}
