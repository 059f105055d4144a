import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../programs/external-program";
import type { SourceSettings } from "./backup-source";

/** How a restore ended. */
export type Restored =
  | { readonly kind: "restored"; readonly file: string; readonly seconds: number }
  /** Litestream's own words, and what they mean. */
  | { readonly kind: "truncated" | "corrupt" | "unrestorable"; readonly message: string };

/** A database of many gigabytes from a slow line. */
const restoreSeconds = 3600;

/**
 * Restores the newest state of one replica with Litestream. Its checksums cover every file it reads.
 *
 * @param scratch an empty directory
 * @param path the replica's path in the container
 */
export async function restoreReplica(
  litestream: string,
  source: SourceSettings,
  path: string,
  scratch: string,
): Promise<Restored> {
  const inScratch = (name: string) => join(scratch, name);
  const [configuration, live, file] = [inScratch("litestream.yml"), inScratch("live.db"), inScratch("restored.db")];
  writeFileSync(configuration, restoreConfiguration(source, path, live), { mode: 0o600 });
  const started = performance.now();
  const { exitCode, stderr, stdout } = await runProgram(
    litestream,
    ["restore", "-config", configuration, "-no-expand-env", "-o", file, live],
    { environment: credentials(source), timeoutSeconds: restoreSeconds },
  );
  const seconds = (performance.now() - started) / 1000;
  if (exitCode === 0) return { kind: "restored", file, seconds };
  const said = (stderr.trim() || stdout.trim()).split("\n").at(-1);
  const message = said || `Litestream ended with exit code ${exitCode} and said nothing`;
  return { kind: notFinished.includes(exitCode) ? "unrestorable" : failureKind(message), message };
}

/** `runProgram` gave up waiting, or could not start it. */
const notFinished: readonly number[] = [124, 127];

/** A failure of this machine, which says nothing about the backup. */
const hindrance =
  /no space left|disk quota|permission denied|read-only file system|too many open files|dial tcp|connection re(fused|set)|timeout|deadline exceeded|credential|authoriz|authenticat/i;

function failureKind(message: string): "truncated" | "corrupt" | "unrestorable" {
  if (hindrance.test(message)) return "unrestorable";
  return /\bEOF\b|invalid ltx file|short buffer/i.test(message) ? "truncated" : "corrupt";
}

/** JSON is YAML, and needs no quoting rules of its own. */
function restoreConfiguration(source: SourceSettings, path: string, live: string): string {
  const replica = {
    type: "abs",
    "account-name": source.account,
    bucket: source.container,
    path,
    endpoint: source.endpoint,
  };
  return JSON.stringify({ logging: { level: "error", stderr: true }, dbs: [{ path: live, replica }] });
}

function credentials({ accountKey }: SourceSettings): NodeJS.ProcessEnv {
  return accountKey === undefined ? process.env : { ...process.env, LITESTREAM_AZURE_ACCOUNT_KEY: accountKey };
}
