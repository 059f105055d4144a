import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { stackDefinitions } from "../../stacks/registry";
import { loadedFiles } from "./import-graph";

/** What decides how every stack is deployed: the program's entry, its packages and compiler, and all rules. */
const everyStack = [
  /^index\.ts$/,
  /^(package|package-lock|tsconfig)\.json$/,
  /^Pulumi\.yaml$/,
  /^stacks\/[^/]+$/,
  /^lib\//,
  /^policies\/(?!parameters\/)/,
  /^operations\/guard\//,
];

/**
 * The stacks that a change may change, in the order in which they are deployed. More than needed rather than fewer: an inventory file
 * counts for every stack of its system, and anything beside a module (a script, a template) counts with the modules of its directory.
 *
 * @param root the project's directory, where the new version of it is
 * @param changed paths from the root, also of deleted files
 * @param deployed the stacks that workflows deploy
 */
export function affectedStacks(root: string, changed: readonly string[], deployed: readonly string[]): string[] {
  const exists = (path: string): boolean => existsSync(join(root, path));
  return stackDefinitions
    .filter(({ name }) => deployed.includes(name))
    .filter(({ name, system, composition }) => {
      const files = loadedFiles(root, `stacks/${system}/${composition}.ts`);
      const folders = new Set([...files].map((file) => posix.dirname(file)));
      return changed.some((path) => changesStack(path, { name, system, files, folders, exists }));
    })
    .map(({ name }) => name);
}

interface StackFiles {
  readonly name: string;
  readonly system: string;
  readonly files: ReadonlySet<string>;
  readonly folders: ReadonlySet<string>;
  /** Whether a path is there in the new version. */
  readonly exists: (path: string) => boolean;
}

function changesStack(path: string, { name, system, files, folders, exists }: StackFiles): boolean {
  if (everyStack.some((pattern) => pattern.test(path))) return true;
  if (path === `Pulumi.${name}.yaml` || path === `policies/parameters/${name}.yaml`) return true;
  if (files.has(path)) return true;
  const folder = posix.dirname(path);
  const ownFolder = folder === `stacks/${system}`;
  if (path.startsWith(`stacks/${system}/inventory/`) || (ownFolder && path.endsWith("/index.ts"))) return true;
  // What is no module, or no longer there, does not show in what modules load.
  return (
    (ownFolder || /^(components|programs)\//.test(folder)) &&
    folders.has(folder) &&
    !(path.endsWith(".ts") && exists(path))
  );
}
