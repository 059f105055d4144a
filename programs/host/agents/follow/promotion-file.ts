import { z } from "zod";
import { readState, stateFile, writeState } from "../state-file";

const promotedDatabase = z.object({
  /**
   * `kept`: it was here. `adopted`: the follower's copy. `restored`: from the store, in full. `none`: neither here nor in the store.
   * `failed`: it is in the store, and nothing of it could be used.
   */
  from: z.enum(["kept", "adopted", "restored", "none", "failed"]),
  /** The last transaction of the replica that is in the database. */
  txid: z.string().optional(),
  /** The path of that replica. */
  path: z.string().optional(),
  /** How many transactions the store has beyond it, which could not be used. @default 0 */
  lost: z.number().optional(),
  why: z.string().optional(),
});

const promotionSchema = z.object({
  term: z.number(),
  /** All databases were dealt with: the host may serve. */
  done: z.boolean(),
  at: z.string(),
  databases: z.record(z.string(), promotedDatabase),
});

export type PromotedDatabase = z.output<typeof promotedDatabase>;
/** How far the databases of a term are in place on its primary: `<root>/state/promotion.json`, written by the follow agent. */
export type PromotionFile = z.output<typeof promotionSchema>;

export function writePromotion(root: string, promotion: PromotionFile): void {
  writeState(stateFile(root, "promotion.json"), promotion);
}

export function readPromotion(root: string): PromotionFile | undefined {
  return promotionSchema.safeParse(readState(stateFile(root, "promotion.json"))).data;
}
