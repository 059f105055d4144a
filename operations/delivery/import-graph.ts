import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/**
 * The project's own files that a module loads, directly or through others, as paths from the root with `/`. Imports of types are
 * erased and load nothing.
 */
export function loadedFiles(root: string, entry: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (file: string): void => {
    if (found.has(file)) return;
    found.add(file);
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
  const values = text.replace(/^(?:import|export) type [^;]*?;$/gms, "");
  return [...values.matchAll(pattern)].map((match) => match[2] ?? "");
}

function moduleFile(path: string): string | undefined {
  const candidates = [`${path}.ts`, join(path, "index.ts"), path];
  return candidates.find((candidate) => /\.(ts|json|mjs)$/.test(candidate) && existsSync(candidate));
}
