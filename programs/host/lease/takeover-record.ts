import type { ContainerClient } from "@azure/storage-blob";
import { removeBlob } from "./blob-lease-store";

/** What the primary of a term took over, by database. */
export type Takeover = Readonly<Record<string, TakenPosition>>;

export interface TakenPosition {
  /** The path of the term that it came from, whose transactions the number counts. Absent when an older program wrote the record. */
  readonly path?: string | undefined;
  /** The last transaction that was taken over. */
  readonly txid: string;
}

/** What the primary of a term took over, and when it had. */
export interface TakeoverRecord {
  readonly term: number;
  /** By the store's clock, milliseconds since 1970. */
  readonly at: number;
  readonly takeover: Takeover;
}

/** By path and database. No database has this name. */
const byPath = "$from";
/** How many terms back a deposed host searches for the primary that took over from it. */
const termsBack = 16;
const listingTimeoutMs = 120_000;

/**
 * Keeps it beside the lease, so that the host which was deposed can tell what it alone has. The store itself does not say: a primary that
 * was cut off may send the rest later, when no primary takes it over any more.
 */
export class TakeoverRecords {
  constructor(private readonly container: ContainerClient) {}

  /** @param before the path of the term before */
  async write(term: number, takeover: Takeover, before: string | undefined): Promise<void> {
    const text = printTakeover(takeover, before);
    await this.container.getBlockBlobClient(nameOf(term)).upload(text, Buffer.byteLength(text), {
      blobHTTPHeaders: { blobContentType: "application/json" },
      abortSignal: AbortSignal.timeout(10_000),
    });
  }

  /** Undefined when the primary of the term has not written it yet, or when it cannot be read. */
  async read(term: number): Promise<Takeover | undefined> {
    try {
      const blob = this.container.getBlobClient(nameOf(term));
      const content = await blob.downloadToBuffer(0, undefined, { abortSignal: AbortSignal.timeout(10_000) });
      return parseTakeover(content.toString("utf8"));
    } catch {
      return undefined;
    }
  }

  /** The records of the terms after one, the newest first. Terms in which no host was promoted have none. */
  async since(term: number, newest: number): Promise<readonly Takeover[]> {
    const count = Math.min(newest - term, termsBack);
    const records = await Promise.all(
      Array.from({ length: Math.max(0, count) }, (_, back) => this.read(newest - back)),
    );
    return records.filter((record) => record !== undefined);
  }

  /**
   * Every takeover that was written, and the store's time: a host's clock may be wrong.
   *
   * @throws when the store does not answer, or says no time
   */
  async all(): Promise<{ readonly now: number; readonly records: readonly TakeoverRecord[] }> {
    let now = Number.NaN;
    const found: { readonly term: number; readonly at: number }[] = [];
    const options = { prefix: "takeover-term-", abortSignal: AbortSignal.timeout(listingTimeoutMs) };
    for await (const page of this.container.listBlobsFlat(options).byPage()) {
      now = page.date?.getTime() ?? now;
      for (const { name, properties } of page.segment.blobItems) {
        const term = /^takeover-term-(\d+)\.json$/.exec(name)?.[1];
        if (term !== undefined) found.push({ term: Number(term), at: properties.lastModified.getTime() });
      }
    }
    if (Number.isNaN(now)) throw new Error("the store does not say what time it is");
    const records: TakeoverRecord[] = [];
    for (const { term, at } of found) {
      const takeover = await this.read(term);
      if (takeover !== undefined) records.push({ term, at, takeover });
    }
    return { now, records };
  }

  /** Deleting is soft: versions stay for the account's recovery days. */
  remove(term: number): Promise<void> {
    return removeBlob(this.container, nameOf(term));
  }
}

/**
 * How much of a path was taken over of a database, by the newest term that took it from there. A newer term's own path continues from
 * that one; what a term took that never sent anything was taken again, from the same path, by a later one.
 *
 * @param records of later terms, the newest first
 * @returns undefined when no record says so
 */
export function takenFrom(records: readonly Takeover[], path: string, database: string): string | undefined {
  return records.map((record) => record[database]).find((taken) => taken?.path === path)?.txid;
}

/**
 * Older programs know no paths: they read numbers at the top, and compare them with what they sent in the term before. They are told
 * what came from there, and nothing of what came from an earlier term.
 */
export function printTakeover(takeover: Takeover, before: string | undefined): string {
  const known: Record<string, string> = {};
  const paths: Record<string, Record<string, string>> = {};
  for (const [name, { path, txid }] of Object.entries(takeover)) {
    if (path === before) known[name] = txid;
    if (path !== undefined) paths[path] = { ...paths[path], [name]: txid };
  }
  return JSON.stringify({ ...known, [byPath]: paths }, undefined, 2);
}

export function parseTakeover(text: string): Takeover | undefined {
  const record = recordOf(JSON.parse(text));
  if (record === undefined) return undefined;
  const { [byPath]: paths, ...older } = record;
  const positions = Object.entries(recordOf(paths) ?? {}).flatMap(([path, databases]) =>
    Object.entries(recordOf(databases) ?? {}).map(([name, txid]) => [name, { path, txid: String(txid) }] as const),
  );
  return {
    ...Object.fromEntries(Object.entries(older).map(([name, txid]) => [name, { txid: String(txid) }])),
    ...Object.fromEntries(positions),
  };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : undefined;
}

function nameOf(term: number): string {
  return `takeover-term-${term}.json`;
}
