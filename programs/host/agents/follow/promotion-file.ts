import { readState, stateFile, writeState } from "../state-file";

/** How far the databases of a term are in place on its primary: `<root>/state/promotion.json`, written by the follow agent. */
export interface PromotionFile {
  readonly term: number;
  /** All databases were dealt with: the host may serve. */
  readonly done: boolean;
  readonly at: string;
  readonly databases: Readonly<Record<string, PromotedDatabase>>;
}

export interface PromotedDatabase {
  /**
   * `kept`: it was here. `adopted`: the follower's copy. `restored`: from the store, in full. `none`: neither here nor in the store.
   * `failed`: it is in the store, and nothing of it could be used.
   */
  readonly from: "kept" | "adopted" | "restored" | "none" | "failed";
  /** The last transaction of the replica that is in the database. */
  readonly txid?: string | undefined;
  /** The path of that replica. */
  readonly path?: string | undefined;
  /** How many transactions the store has beyond it, which could not be used. @default 0 */
  readonly lost?: number | undefined;
  readonly why?: string | undefined;
}

export function writePromotion(root: string, promotion: PromotionFile): void {
  writeState(stateFile(root, "promotion.json"), promotion);
}

export function readPromotion(root: string): PromotionFile | undefined {
  const value = readState(stateFile(root, "promotion.json"));
  if (value === undefined || typeof value.term !== "number") return undefined;
  const databases = value.databases;
  return {
    term: value.term,
    done: value.done === true,
    at: String(value.at),
    databases: typeof databases === "object" && databases !== null ? Object.fromEntries(Object.entries(databases)) : {},
  };
}
