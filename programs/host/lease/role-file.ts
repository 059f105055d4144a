import { existsSync } from "node:fs";
import { z } from "zod";
import { readState, stateFile, writeState } from "../agents/state-file";
import type { RoleFile } from "./lease";

export const roleNames = z.enum(["primary", "standby", "promoting", "demoting", "fenced", "undecided"]);

export const roleSchema: z.ZodType<RoleFile> = z.object({
  role: roleNames,
  term: z.int().min(0),
  path: z.string().optional(),
  primary: z.string().optional(),
  confirmedAt: z.string().optional(),
  since: z.string(),
  problem: z.string().optional(),
  deposed: z.object({ term: z.number(), path: z.string().optional() }).optional(),
});

/** `state/role.json` is there and cannot be understood. Taking it for a fresh host would let it start a second history. */
export class RoleFileError extends Error {
  override name = "RoleFileError";
}

/**
 * What the lease agent last decided; a host that never decided anything is undecided, in term 0.
 *
 * @throws RoleFileError
 */
export function readRole(root: string): RoleFile {
  const file = stateFile(root, "role.json");
  if (!existsSync(file)) return { role: "undecided", term: 0, since: new Date(0).toISOString() };
  const { data } = roleSchema.safeParse(readState(file));
  if (data !== undefined) return data;
  throw new RoleFileError(
    `${file} is damaged. Compare with the lease, and delete it when this host may begin anew as a standby`,
  );
}

export function writeRole(root: string, role: RoleFile): void {
  writeState(stateFile(root, "role.json"), role);
}

/**
 * Whether the store confirmed the term lately enough for replication to run.
 *
 * A confirmation from the future does not count: the clock was set back, so its age is unknown.
 *
 * @param now milliseconds since 1970
 */
export function isConfirmed(role: RoleFile, confirmationSeconds: number, now: number): boolean {
  const age = now - Date.parse(role.confirmedAt ?? "");
  return age >= -1000 && age <= confirmationSeconds * 1000;
}
