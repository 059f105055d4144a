import { existsSync } from "node:fs";
import { readState, stateFile, writeState } from "../agents/state-file";
import type { RoleFile } from "./lease";

const roles: readonly RoleFile["role"][] = ["primary", "standby", "promoting", "demoting", "fenced", "undecided"];

/** `state/role.json` is there and cannot be understood. Taking it for a fresh host would let it start a second history. */
export class RoleFileError extends Error {
  override name = "RoleFileError";
}

/** What the lease agent last decided; a host that never decided anything is undecided, in term 0.
 *
 * @throws RoleFileError
 */
export function readRole(root: string): RoleFile {
  const file = stateFile(root, "role.json");
  if (!existsSync(file)) return { role: "undecided", term: 0, since: new Date(0).toISOString() };
  const value = readState(file) ?? {};
  const role = roles.find((known) => known === value.role);
  const { term, since } = value;
  if (role === undefined || typeof term !== "number" || typeof since !== "string") {
    throw new RoleFileError(
      `${file} is damaged. Compare with the lease, and delete it when this host may begin anew as a standby`,
    );
  }
  return {
    role,
    term,
    since,
    path: textOf(value.path),
    primary: textOf(value.primary),
    confirmedAt: textOf(value.confirmedAt),
    problem: textOf(value.problem),
    deposed: deposedOf(value.deposed),
  };
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

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function deposedOf(value: unknown): RoleFile["deposed"] {
  if (typeof value !== "object" || value === null || !("term" in value) || typeof value.term !== "number")
    return undefined;
  return { term: value.term, path: "path" in value ? textOf(value.path) : undefined };
}
