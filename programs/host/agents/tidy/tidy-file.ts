import { z } from "zod";
import { readState, stateFile, writeState } from "../state-file";

const schema = z.object({
  at: z.iso.datetime(),
  done: z.boolean(),
  asideSeen: z.record(z.string(), z.iso.datetime()),
  unclaimed: z
    .object({
      term: z.int(),
      replicas: z.array(z.object({ path: z.string(), database: z.string(), why: z.string() })),
    })
    .optional(),
});

/**
 * What the tidy agent did last: `<root>/state/tidy.json`.
 *
 * - `at`: when, by the host's clock. ISO 8601, UTC.
 * - `done`: nothing was left to do.
 * - `asideSeen`: since when folders in `aside/` have been seen as sent.
 * - `unclaimed`: replicas of earlier terms that hold transactions that no later primary took over, as the primary of `term` found them.
 */
export type TidyFile = z.output<typeof schema>;

const name = "tidy.json";

export function readTidy(root: string): TidyFile | undefined {
  return schema.safeParse(readState(stateFile(root, name))).data;
}

export function writeTidy(root: string, file: TidyFile): void {
  writeState(stateFile(root, name), file);
}
