import type { DeploymentDocument, OperationType, StoredResource } from "./deployment-document";

/** A resource in the journal: the nth of the document, or the nth that was added since. */
export type JournalReference = `base:${number}` | `added:${number}`;

/** One note; see {@link replayJournal} for what each means. */
export type JournalEntry =
  /** The first note: the hash of the document that the others are about. */
  | { readonly note: "start"; readonly document: string }
  | {
      readonly note: "begin";
      readonly operation: number;
      readonly type: OperationType;
      readonly resource: StoredResource;
    }
  | { readonly note: "end"; readonly operation: number }
  | { readonly note: "add"; readonly resource: StoredResource }
  | { readonly note: "drop"; readonly of: JournalReference }
  /** Unchanged, and in its place among the added. */
  | { readonly note: "keep"; readonly of: JournalReference }
  | { readonly note: "mark"; readonly of: JournalReference; readonly as: "delete" | "pendingReplacement" }
  | { readonly note: "rename"; readonly from: string; readonly to: string }
  /** Pending creates of the document that were looked up since. */
  | { readonly note: "settle" };

export interface StateJournal {
  /** Appends a note; it is safe from the process dying, not yet from the machine. */
  note(entry: JournalEntry): void;
  /** Makes everything noted so far safe. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export const silentJournal: StateJournal = {
  note: () => {},
  flush: async () => {},
  close: async () => {},
};

/** The document as it would have been written, had the operation that kept this journal stopped after its last note. */
export function replayJournal(document: DeploymentDocument, entries: readonly JournalEntry[]): DeploymentDocument {
  const base: (StoredResource | undefined)[] = (document.deployment.resources ?? []).map((resource) => ({
    ...resource,
  }));
  const added: (StoredResource | undefined)[] = [];
  const begun = new Map<number, { resource: StoredResource; type: OperationType }>();
  const renamed = new Map<string, string>();
  let inherited = (document.deployment.pending_operations ?? []).filter(({ type }) => type === "creating");
  const listOf = (reference: JournalReference) => (reference.startsWith("base:") ? base : added);
  const indexOf = (reference: JournalReference) => Number(reference.slice(reference.indexOf(":") + 1));
  for (const entry of entries) {
    switch (entry.note) {
      case "start":
        break;
      case "begin":
        begun.set(entry.operation, { resource: entry.resource, type: entry.type });
        break;
      case "end":
        begun.delete(entry.operation);
        break;
      case "add":
        added.push(entry.resource);
        break;
      case "drop":
        listOf(entry.of)[indexOf(entry.of)] = undefined;
        break;
      case "keep":
        added.push(listOf(entry.of)[indexOf(entry.of)]);
        listOf(entry.of)[indexOf(entry.of)] = undefined;
        break;
      case "mark":
        markResource(listOf(entry.of)[indexOf(entry.of)], entry.as);
        break;
      case "rename":
        renamed.set(entry.from, entry.to);
        break;
      case "settle":
        inherited = [];
        break;
    }
  }
  const left = base.filter(isPresent).map((resource) => withRenamedUrns(resource, renamed));
  const { resources: _resources, pending_operations: _pending, ...rest } = document.deployment;
  const resources = [...added.filter(isPresent), ...left];
  const pending = [...inherited, ...begun.values()];
  return {
    ...document,
    deployment: {
      ...rest,
      ...(resources.length > 0 ? { resources } : {}),
      ...(pending.length > 0 ? { pending_operations: pending } : {}),
    },
  };
}

function markResource(resource: StoredResource | undefined, as: "delete" | "pendingReplacement"): void {
  if (resource !== undefined) resource[as] = true;
}

function isPresent(resource: StoredResource | undefined): resource is StoredResource {
  return resource !== undefined;
}

/** References to resources that are known by another URN now. */
export function withRenamedUrns(resource: StoredResource, renamed: ReadonlyMap<string, string>): StoredResource {
  if (renamed.size === 0) return resource;
  const rename = (urn: string) => renamed.get(urn) ?? urn;
  const { parent, dependencies, propertyDependencies, deletedWith, provider } = resource;
  return {
    ...resource,
    ...(parent === undefined ? {} : { parent: rename(parent) }),
    ...(dependencies === undefined ? {} : { dependencies: dependencies.map(rename) }),
    ...(deletedWith === undefined ? {} : { deletedWith: rename(deletedWith) }),
    ...(provider === undefined ? {} : { provider: renamedProvider(provider, renamed) }),
    ...(propertyDependencies === undefined
      ? {}
      : {
          propertyDependencies: Object.fromEntries(
            Object.entries(propertyDependencies).map(([key, urns]) => [key, (urns ?? []).map(rename)]),
          ),
        }),
  };
}

function renamedProvider(provider: string, renamed: ReadonlyMap<string, string>): string {
  const split = provider.lastIndexOf("::");
  const urn = provider.slice(0, split);
  return `${renamed.get(urn) ?? urn}${provider.slice(split)}`;
}
