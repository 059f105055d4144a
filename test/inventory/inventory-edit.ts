import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { LocatedError } from "../../lib/located-yaml/located-error";
import { formatPropertyPath } from "../../lib/property-path";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { frozenInventory } from "../frozen-inventory";

/** What is wrong with an inventory after one edit, as `file path: message`. */
export function afterEdit(file: string, from: string | RegExp, to: string): readonly string[] {
  return afterEdits([file, from, to]);
}

/** The same after several. */
export function afterEdits(...edits: readonly (readonly [file: string, from: string | RegExp, to: string])[]) {
  const directory = mkdtempSync(join(tmpdir(), "inventory-"));
  cpSync(frozenInventory, directory, { recursive: true });
  for (const [file, from, to] of edits) {
    const text = readFileSync(join(directory, file), "utf8");
    const edited = text.replace(from, to);
    if (edited === text) throw new Error(`the edit of ${file} changed nothing`);
    writeFileSync(join(directory, file), edited);
  }
  try {
    loadAlaiInventory(directory);
  } catch (error) {
    if (!(error instanceof LocatedError)) throw error;
    return error.problems.map((problem) => {
      expect(problem.position.line).toBeGreaterThan(0);
      return `${problem.file.split("/").at(-1)} ${formatPropertyPath(problem.path)}: ${problem.message}`;
    });
  }
  return [];
}
