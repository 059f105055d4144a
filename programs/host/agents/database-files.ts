import { existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { HostDatabase } from "../host-settings";
import { captureDirectory } from "./litestream";

/** SQLite's companions of a database file, and the transaction number that a follower keeps. */
const companions = ["-wal", "-shm", "-journal", "-txid"] as const;

/**
 * Whether something is here that only this host may have: the databases' directory holds no copies, those are in
 * `<root>/following`. An empty file is nothing: reading a database that does not exist makes one.
 */
export function hasOwn(database: HostDatabase): boolean {
  return isFilled(database.path) || isFilled(`${database.path}-wal`) || existsSync(captureDirectory(database));
}

/** Moves a database with everything that belongs to it. The database itself goes last: until then it is found again. */
export function moveToQuarantine(database: HostDatabase, directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const part of partsOf(database)) renameSync(part, join(directory, basename(part)));
}

/** Whether moving a database there would overwrite what was moved before: a program that was not stopped may have made it anew. */
export function isTaken(database: HostDatabase, directory: string): boolean {
  return partsOf(database).some((part) => existsSync(join(directory, basename(part))));
}

/** What there is of it. */
function partsOf(database: HostDatabase): readonly string[] {
  const parts = [captureDirectory(database), ...companions.map((suffix) => `${database.path}${suffix}`), database.path];
  return parts.filter((part) => existsSync(part));
}

/** Removes a copy with what belongs to it. */
export function removeCopy(file: string): void {
  for (const suffix of [...companions, ".tmp", "-txid.tmp", ""]) rmSync(`${file}${suffix}`, { force: true });
}

/** Puts a checked copy in the place of a database that is not there. */
export function adoptCopy(copy: string, database: HostDatabase): void {
  mkdirSync(dirname(database.path), { recursive: true });
  // What is left there would be taken for the copy's log.
  for (const suffix of companions) rmSync(`${database.path}${suffix}`, { force: true });
  renameSync(copy, database.path);
  // Last: without its transaction number an interrupted adoption would not know the copy again.
  for (const suffix of companions) rmSync(`${copy}${suffix}`, { force: true });
}

function isFilled(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
}
