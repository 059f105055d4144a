import type { WorldObject, WorldTransaction } from "./world";

/** The objects of a world in memory, found by id, by kind and below an id. */
export class ObjectIndex {
  private readonly byKind = new Map<string, Map<string, WorldObject>>();
  /** Azure ids by each id they lie below. */
  private readonly byAncestor = new Map<string, Set<WorldObject>>();

  get(kind: string, id: string): WorldObject | undefined {
    return this.byKind.get(kind)?.get(comparable(kind, id));
  }

  list(kind: string): readonly WorldObject[] {
    return [...(this.byKind.get(kind)?.values() ?? [])];
  }

  children(id: string): readonly WorldObject[] {
    return [...(this.byAncestor.get(id.toLowerCase()) ?? [])];
  }

  all(): readonly WorldObject[] {
    return [...this.byKind.values()].flatMap((objects) => [...objects.values()]);
  }

  put(object: WorldObject): void {
    const previous = this.get(object.kind, object.id);
    if (previous) this.forgetAncestors(previous);
    const objects = this.byKind.get(object.kind) ?? new Map<string, WorldObject>();
    objects.set(comparable(object.kind, object.id), object);
    this.byKind.set(object.kind, objects);
    for (const ancestor of ancestors(object)) {
      const below = this.byAncestor.get(ancestor) ?? new Set<WorldObject>();
      below.add(object);
      this.byAncestor.set(ancestor, below);
    }
  }

  delete(kind: string, id: string): boolean {
    const previous = this.get(kind, id);
    if (!previous) return false;
    this.forgetAncestors(previous);
    return this.byKind.get(kind)?.delete(comparable(kind, id)) ?? false;
  }

  private forgetAncestors(object: WorldObject): void {
    for (const ancestor of ancestors(object)) this.byAncestor.get(ancestor)?.delete(object);
  }
}

export type WorldChange =
  | { readonly put: WorldObject }
  | { readonly delete: { readonly kind: string; readonly id: string } };

export function applyChange(index: ObjectIndex, change: WorldChange): void {
  if ("put" in change) index.put(change.put);
  else index.delete(change.delete.kind, change.delete.id);
}

/** Runs `change` on the index; if it throws, the index is as before. Returns its result and what it changed. */
export function runTransaction<T>(
  index: ObjectIndex,
  change: (world: WorldTransaction) => T,
): { readonly result: T; readonly changes: readonly WorldChange[] } {
  const changes: WorldChange[] = [];
  const undo: WorldChange[] = [];
  const record = (step: WorldChange, kind: string, id: string): void => {
    const previous = index.get(kind, id);
    undo.push(previous ? { put: previous } : { delete: { kind, id } });
    changes.push(step);
    applyChange(index, step);
  };
  try {
    const result = change({
      get: (kind, id) => index.get(kind, id),
      list: (kind) => index.list(kind),
      children: (id) => index.children(id),
      put: (object) => record({ put: object }, object.kind, object.id),
      delete: (kind, id) => {
        const exists = index.get(kind, id) !== undefined;
        if (exists) record({ delete: { kind, id } }, kind, id);
        return exists;
      },
    });
    return { result, changes };
  } catch (error) {
    for (const step of undo.reverse()) applyChange(index, step);
    throw error;
  }
}

function isAzure(kind: string): boolean {
  return kind.startsWith("azure-native:");
}

function comparable(kind: string, id: string): string {
  return isAzure(kind) ? id.toLowerCase() : id;
}

function ancestors(object: WorldObject): readonly string[] {
  if (!isAzure(object.kind)) return [];
  const segments = object.id.toLowerCase().split("/");
  return segments.slice(1, -1).map((_, position) => segments.slice(0, position + 2).join("/"));
}
