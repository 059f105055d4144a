import { expect } from "vitest";
import type { CommandRun } from "../cli/run-command";
import { keptFiles } from "./kept-data";

/** Fails when one of the secrets, as it is or in Base64, stands in anything that a command printed. */
export function expectNoSecretPrinted(run: CommandRun, secrets: readonly string[]): void {
  expect(secretsIn(run.output, secrets)).toEqual([]);
  expect(secretsIn(run.errors, secrets)).toEqual([]);
}

/** Fails when one of the secrets stands in any file below a directory. */
export function expectNoSecretKept(directory: string, secrets: readonly string[]): void {
  const files = Object.entries(keptFiles(directory));
  expect(files.length).toBeGreaterThan(2);
  expect(files.flatMap(([path, text]) => secretsIn(text, secrets).map((secret) => `${path}: ${secret}`))).toEqual([]);
}

function secretsIn(text: string, secrets: readonly string[]): readonly string[] {
  return secrets.filter((secret) => text.includes(secret) || text.includes(Buffer.from(secret).toString("base64")));
}
