import { compareLines } from "./compare-lines";
import type { DisplayValue } from "./display-value";

/** How a property, or a part of it, differs between what is and what is wanted. */
export type PropertyDifference =
  | { readonly kind: "same" }
  | { readonly kind: "add"; readonly value: DisplayValue }
  | { readonly kind: "delete"; readonly value: DisplayValue }
  | { readonly kind: "update"; readonly before: DisplayValue; readonly after: DisplayValue }
  | { readonly kind: "map"; readonly entries: ReadonlyMap<string, PropertyDifference> }
  | { readonly kind: "list"; readonly items: readonly ItemDifference[] };

/** What became of an item of a list. `index` is where it is in the new list, or was in the old one if it is gone. */
export interface ItemDifference {
  readonly index: number;
  readonly difference: PropertyDifference;
}

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

/** Items that stayed are found wherever they moved to: one put in front of a list is one addition, not a change of all. */
function listDifference(before: readonly DisplayValue[], after: readonly DisplayValue[]): PropertyDifference {
  const [old, next] = [before.map(itemKey), after.map(itemKey)];
  const items: ItemDifference[] = [];
  let [removed, added] = [[] as number[], [] as number[]];
  let [from, to] = [0, 0];
  const flush = (): void => {
    for (let at = 0; at < Math.max(removed.length, added.length); at++) {
      const [gone, come] = [removed[at], added[at]];
      const difference = propertyDifference(
        gone === undefined ? undefined : before[gone],
        come === undefined ? undefined : after[come],
      );
      items.push({ index: come ?? gone ?? 0, difference });
    }
    [removed, added] = [[], []];
  };
  for (const { mark } of compareLines(old, next)) {
    if (mark === "-") removed.push(from++);
    else if (mark === "+") added.push(to++);
    else {
      flush();
      from++;
      to++;
    }
  }
  flush();
  return items.length === 0 ? same : { kind: "list", items };
}

/** The same for equal items only. */
function itemKey(value: DisplayValue): string {
  return JSON.stringify(value, (_key, part: unknown) => (part instanceof Map ? [...part] : part));
}

function sameLeaf(before: DisplayValue, after: DisplayValue): boolean {
  if (before.kind === "leaf" && after.kind === "leaf") {
    return before.text === after.text && before.whole === after.whole;
  }
  if (before.kind === "block" && after.kind === "block") return before.whole === after.whole;
  return false;
}
