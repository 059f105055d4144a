import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject } from "../../lib/json-value";
import { LocatedDocument } from "../../lib/located-yaml/located-document";
import type { Path } from "../../lib/located-yaml/problem";
import { leavingDay, retirementOf } from "../../lib/retirement";

/** An entry of an inventory that is said to leave. */
export interface RetiredEntry {
  readonly name: string;
  /** Relative to the project. @example "stacks/alai/inventory/sites.yaml:12" */
  readonly at: string;
  /** The first day on which it is no longer part of the program, `YYYY-MM-DD`. */
  readonly leaves: string;
}

/**
 * What a system's inventory says is retired, the first to leave first.
 *
 * @param root the project's directory
 */
export function readRetirements(root: string, system: string): readonly RetiredEntry[] {
  const folder = `stacks/${system}/inventory`;
  const files = readdirSync(join(root, folder)).filter((file) => file.endsWith(".yaml"));
  return files
    .flatMap((file) => {
      const document = new LocatedDocument(readFileSync(join(root, folder, file), "utf8"));
      return retiredIn(document.value(), []).map(({ path, name, leaves }) => {
        const { line } = document.positionOf(path, "key");
        return { name, at: `${folder}/${file}:${line}`, leaves };
      });
    })
    .sort((one, other) => (one.leaves < other.leaves ? -1 : 1));
}

function retiredIn(
  value: unknown,
  path: Path,
): readonly { readonly path: Path; readonly name: string; readonly leaves: string }[] {
  if (Array.isArray(value)) return value.flatMap((entry, index) => retiredIn(entry, [...path, index]));
  if (!isJsonObject(value)) return [];
  const retired = retirementOf(value);
  const name = [value.name, value.domain].find((text) => typeof text === "string");
  const own =
    retired === undefined ? [] : [{ path, name: String(name ?? path.join(".")), leaves: leavingDay(retired) }];
  return [...own, ...Object.entries(value).flatMap(([key, inner]) => retiredIn(inner, [...path, key]))];
}
