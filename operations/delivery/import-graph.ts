import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/**
 * The project's own files that a module loads, directly or through others, as paths from the root with `/`. Imports of types count:
 * a changed type can change what is made.
 *
 * @param leaves files whose own imports are not followed
 */
export function loadedFiles(root: string, entry: string, leaves: readonly string[] = []): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (file: string): void => {
    if (found.has(file)) return;
    found.add(file);
    if (leaves.includes(file)) return;
    for (const target of importedModules(readFileSync(join(root, file), "utf8"))) {
      const path = target.startsWith(".") ? moduleFile(resolve(root, dirname(file), target)) : undefined;
      if (path !== undefined) visit(relative(root, path).split("\\").join("/"));
    }
  };
  if (existsSync(join(root, entry))) visit(entry);
  return found;
}

function importedModules(text: string): string[] {
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(["'])([^"'\n]+)\1/g;
  return [...text.matchAll(pattern)].map((match) => match[2] ?? "");
}

function moduleFile(path: string): string | undefined {
  const candidates = [`${path}.ts`, join(path, "index.ts"), path];
  return candidates.find((candidate) => /\.(ts|json|mjs)$/.test(candidate) && existsSync(candidate));
}
