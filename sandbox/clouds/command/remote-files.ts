import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, posix } from "node:path";
import { Archive, Asset, type PropertyMap, type PropertyValue } from "../../../deployment/values/property-value";
import { type CheckFailure, ServiceError } from "../../engine/provider";
import type { WorldTransaction } from "../../world/world";
import { textAt } from "../read-property";

/** A file that was copied to a host: `{ host, path, text }`. Commands are not run, so no other files are known. */
export const remoteFileKind = "command:index/file:File";

/** What the provider can copy: a path, or a text. It takes no archive that is put together in the program. */
export function wrongSource({ source }: PropertyMap): readonly CheckFailure[] {
  const problem = (property: string, reason: string) => [{ property, reason }];
  if (source instanceof Archive) {
    return "path" in source.source ? [] : problem("archive", "archive must be a path to a file or directory");
  }
  if (source instanceof Asset && "uri" in source.source) {
    return problem("asset", "asset must be a path-based file asset or a text asset");
  }
  return [];
}

/** Whether the provider copies again: the content or the destination differs. It compares nothing on the host. */
export function copiesAgain(before: PropertyMap, after: PropertyMap): boolean {
  return hashOf(before.source) !== hashOf(after.source) || before.remotePath !== after.remotePath;
}

function hashOf(source: PropertyValue | undefined): string | undefined {
  return source instanceof Asset || source instanceof Archive ? source.hash : undefined;
}

/**
 * Writes what a copy leaves on a host: a directory lands below the destination under its own name, a file at it. What an earlier copy
 * of the same resource left is taken away, as whoever unpacks it does.
 */
export function putFiles(world: WorldTransaction, host: string, inputs: PropertyMap, before?: PropertyMap): void {
  if (before !== undefined) {
    const former = destination(before);
    for (const file of world.list(remoteFileKind)) {
      const path = textAt(file.properties, "path") ?? "";
      const isFormer = path === former || path.startsWith(`${former}/`);
      if (textAt(file.properties, "host") === host && isFormer) world.delete(remoteFileKind, file.id);
    }
  }
  for (const [path, text] of contents(inputs)) {
    const properties = { host, path, text };
    world.put({ cloud: "command", kind: remoteFileKind, id: `${host}:${path}`, properties });
  }
}

function destination({ source, remotePath }: PropertyMap): string {
  const to = typeof remotePath === "string" ? remotePath : "";
  return source instanceof Archive && "path" in source.source ? posix.join(to, basename(source.source.path)) : to;
}

function contents(inputs: PropertyMap): readonly (readonly [path: string, text: string])[] {
  const { source } = inputs;
  const to = destination(inputs);
  if (source instanceof Asset && "text" in source.source) return [[to, source.source.text]];
  if (!(source instanceof Asset || source instanceof Archive) || !("path" in source.source)) return [];
  return localFiles(source.source.path).map(([path, text]) => [path === "" ? to : posix.join(to, path), text]);
}

/** The files at a path, by their paths below it; that of a single file is empty. */
function localFiles(path: string): readonly (readonly [path: string, text: string])[] {
  try {
    if (!statSync(path).isDirectory()) return [["", readFileSync(path, "utf8")]];
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [file.slice(path.length + 1).replaceAll("\\", "/"), readFileSync(file, "utf8")] as const);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ServiceError("copy_error", 400, `${path} cannot be read: ${why}`);
  }
}
