import type { DisplayValue } from "./display-value";

/** How a property, or a part of it, differs between what is and what is wanted. */
export type PropertyDifference =
  | { readonly kind: "same" }
  | { readonly kind: "add"; readonly value: DisplayValue }
  | { readonly kind: "delete"; readonly value: DisplayValue }
  | { readonly kind: "update"; readonly before: DisplayValue; readonly after: DisplayValue }
  | { readonly kind: "map"; readonly entries: ReadonlyMap<string, PropertyDifference> }
  | { readonly kind: "list"; readonly items: readonly PropertyDifference[] };

const same: PropertyDifference = { kind: "same" };

export function propertyDifference(
  before: DisplayValue | undefined,
  after: DisplayValue | undefined,
): PropertyDifference {
  if (before === undefined) return after === undefined ? same : { kind: "add", value: after };
  if (after === undefined) return { kind: "delete", value: before };
  if (before.kind === "map" && after.kind === "map") return mapDifference(before.entries, after.entries);
  if (before.kind === "list" && after.kind === "list") return listDifference(before.items, after.items);
  return sameLeaf(before, after) ? same : { kind: "update", before, after };
}

export function mapDifference(
  before: ReadonlyMap<string, DisplayValue>,
  after: ReadonlyMap<string, DisplayValue>,
): PropertyDifference {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  const entries = new Map(keys.map((key) => [key, propertyDifference(before.get(key), after.get(key))]));
  return [...entries.values()].every((entry) => entry.kind === "same") ? same : { kind: "map", entries };
}

function listDifference(before: readonly DisplayValue[], after: readonly DisplayValue[]): PropertyDifference {
  const length = Math.max(before.length, after.length);
  const items = Array.from({ length }, (_, index) => propertyDifference(before[index], after[index]));
  return items.every((item) => item.kind === "same") ? same : { kind: "list", items };
}

function sameLeaf(before: DisplayValue, after: DisplayValue): boolean {
  if (before.kind === "leaf" && after.kind === "leaf") {
    return before.text === after.text && before.whole === after.whole;
  }
  if (before.kind === "block" && after.kind === "block") return before.lines.join("\n") === after.lines.join("\n");
  return false;
}
