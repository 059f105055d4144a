import { closeSync, fdatasync, openSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { StateNotWritable, UnreadableState } from "../../../deployment/state-errors";
import { errorCode, readRegularFile, whyUnreadable } from "../../../lib/file-access";
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
  /**
   * Appends notes, all of them or none: half of what an update notes would be a resource that is gone. They are safe from the process
   * dying, not yet from the machine.
   */
  note(...entries: readonly JournalEntry[]): void;
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

const sync = promisify(fdatasync);

/**
 * A journal beside the state file, one line for what is noted at once, appended. Notes of resources that did not change wait in memory until
 * something that matters is noted; notes that are asked to be safe at the same time share one flush of the disk.
 */
export class DiskJournal implements StateJournal {
  private readonly file: number;
  private buffered = "";
  private flushing: Promise<void> | undefined;
  private following: Promise<void> | undefined;
  private closed = false;

  /** @param document the hash of the document that the notes will be about */
  constructor(
    private readonly path: string,
    document: string,
  ) {
    try {
      this.file = openSync(path, "ax", 0o600);
    } catch (error) {
      throw new StateNotWritable(path, error);
    }
    this.note({ note: "start", document });
  }

  note(...entries: readonly JournalEntry[]): void {
    if (entries.length === 0) return;
    this.buffered += `${JSON.stringify(entries)}\n`;
    if (entries.some(({ note }) => note !== "keep")) this.write();
  }

  async flush(): Promise<void> {
    this.write();
    if (this.flushing === undefined) {
      this.flushing = this.sync().finally(() => {
        this.flushing = undefined;
      });
      return this.flushing;
    }
    // What was just written may have missed the flush that is under way; the next one covers it.
    this.following ??= this.flushing.then(
      () => this.next(),
      () => this.next(),
    );
    return this.following;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    closeSync(this.file);
  }

  private next(): Promise<void> {
    this.following = undefined;
    return this.flush();
  }

  private async sync(): Promise<void> {
    try {
      await sync(this.file);
    } catch (error) {
      throw new StateNotWritable(this.path, error);
    }
  }

  private write(): void {
    const text = this.buffered;
    if (text === "") return;
    this.buffered = "";
    try {
      const bytes = Buffer.from(text);
      // A disk that is nearly full takes a part.
      for (let done = 0; done < bytes.length; ) done += writeSync(this.file, bytes, done);
    } catch (error) {
      throw new StateNotWritable(this.path, error);
    }
  }
}

/** The notes of an interrupted operation; undefined when there was none. The last line may have been cut short. */
export function readJournal(path: string): JournalEntry[] | undefined {
  const lines = readLines(path);
  if (lines === undefined) return undefined;
  const entries: JournalEntry[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === "") continue;
    try {
      entries.push(...[JSON.parse(line)].flat());
    } catch (error) {
      if (index === lines.length - 1) break;
      throw new UnreadableState(
        `${path}:${index + 1}: the journal is damaged; restore state and journal from a backup`,
        {
          cause: error,
        },
      );
    }
  }
  return entries;
}

function readLines(path: string): string[] | undefined {
  try {
    return readRegularFile(path).toString("utf8").split("\n");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new UnreadableState(`${path}: cannot read the journal: ${whyUnreadable(error)}`, { cause: error });
  }
}
