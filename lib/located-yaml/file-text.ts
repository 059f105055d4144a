import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";

/**
 * No inventory file may be larger: ALAI's largest has 20 KB, a hundred times its sites 250 KB.
 * Larger ones are refused unread, because parsing 10 MB of YAML takes half a minute.
 */
export const maxFileBytes = 2 * 1024 * 1024;

/** A file's text, or why it has none. */
export type FileText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "refused"; readonly reason: string };

/** Reads a file as UTF-8, with or without a byte order mark. */
export function readFileText(path: string): FileText {
  try {
    return readOpened(openSync(path, "r"));
  } catch (error) {
    return { kind: "refused", reason: whyUnreadable(error) };
  }
}

function readOpened(descriptor: number): FileText {
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) return { kind: "refused", reason: "expected a file, got a directory or a device" };
    if (status.size > maxFileBytes) return { kind: "refused", reason: tooLarge(status.size) };
    return decode(readFileSync(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

function decode(bytes: Buffer): FileText {
  try {
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { kind: "refused", reason: "the file is not UTF-8 text; save it as UTF-8" };
  }
}

function tooLarge(bytes: number): string {
  const megabytes = (size: number) => (size / 1024 / 1024).toFixed(1);
  return `the file has ${megabytes(bytes)} MB, the limit is ${megabytes(maxFileBytes)} MB`;
}

function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "the file is missing";
  if (code === "EACCES" || code === "EPERM") return "the file may not be read: check its permissions";
  return `the file cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}
