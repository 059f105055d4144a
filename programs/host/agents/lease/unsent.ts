import { type Takeover, takenFrom } from "../../lease/takeover-record";
import { transactionText } from "../litestream";

/** What a host knows of a database that is to be set aside. */
export interface Holding {
  /** The path whose transactions the number counts: what it was replicated to, or restored from and never served with. */
  readonly path: string;
  readonly transaction: number;
  /** Whether it was written after that transaction. */
  readonly rest: "none" | "some" | "unknown";
}

export interface Unsent {
  /**
   * `none`: the new primary has everything. `some`: transactions are in the file that was set aside, and nowhere else. `unknown`: it
   * cannot be told, so take it for `some`.
   */
  readonly unsent: "none" | "some" | "unknown";
  /** The last transaction that is known to be in it. */
  readonly captured?: string | undefined;
  /** The last transaction of the same path that a later primary took over. */
  readonly taken?: string | undefined;
  readonly why: string;
}

/**
 * Whether a database has what nobody else has. What the store has by now says nothing: it may have come after the takeover.
 *
 * @param records of the terms since, the newest first
 */
export function unsentOf(name: string, holding: Holding | undefined, records: readonly Takeover[]): Unsent {
  if (holding === undefined) return { unsent: "unknown", why: "Litestream never captured it here" };
  const taken = takenFrom(records, holding.path, name);
  const known = { captured: transactionText(holding.transaction), taken };
  if (holding.rest === "some")
    return { ...known, unsent: "some", why: "it was written after Litestream captured it last" };
  if (taken !== undefined && known.captured > taken) {
    return { ...known, unsent: "some", why: `captured until ${known.captured}, taken over until ${taken}` };
  }
  if (holding.rest === "unknown")
    return { ...known, unsent: "unknown", why: "its log is gone: another program may have written it last" };
  if (taken === undefined)
    return { ...known, unsent: "unknown", why: `no later primary says that it took it over from ${holding.path}` };
  return { ...known, unsent: "none", why: "everything was sent in time" };
}
