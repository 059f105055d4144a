import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { parseDocument } from "yaml";
import { LocatedError } from "../../lib/located-yaml/located-error";
import type { Path } from "../../lib/located-yaml/problem";
import { type AlaiInventory, loadAlaiInventory } from "../../stacks/alai/inventory";
import { AzureStack, type Surroundings } from "./azure-stack";

/** A bad value of something that both an inventory and a program can say. */
export interface SharedRange {
  /** The file of ALAI's inventory, without its ending. */
  readonly file: keyof AlaiInventory;
  readonly path: Path;
  readonly value: unknown;
  /** What both ways say. */
  readonly told: string;
  readonly program: (around: Surroundings) => unknown;
}

/** The value is refused in the inventory, at its line, and in a program. */
export async function expectRefusedByBoth({ program, told, ...change }: SharedRange): Promise<void> {
  const found = inventoryProblems(change).filter((line) => line.includes(told));
  expect(found).toEqual([expect.stringMatching(new RegExp(`/${change.file}\\.yaml:[1-9]\\d*:[1-9]\\d* `))]);
  expect(await new AzureStack().refusal(program)).toContain(told);
}

/** What is said of the inventory with one value changed, as `line path: message`. */
function inventoryProblems({ file, path, value }: Pick<SharedRange, "file" | "path" | "value">): readonly string[] {
  const directory = mkdtempSync(join(tmpdir(), "ranges-"));
  try {
    const original = join(__dirname, "../../stacks/alai/inventory");
    cpSync(original, directory, { recursive: true, filter: (name) => !name.endsWith(".ts") });
    const name = join(directory, `${file}.yaml`);
    const document = parseDocument(readFileSync(name, "utf8"));
    document.setIn(path, document.createNode(value));
    writeFileSync(name, String(document));
    loadAlaiInventory(directory);
    return [];
  } catch (error) {
    if (error instanceof LocatedError) return error.message.split("\n").slice(1);
    throw error;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
