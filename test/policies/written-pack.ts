import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach } from "vitest";

const written: string[] = [];
afterEach(() => {
  for (const directory of written.splice(0)) rmSync(directory, { recursive: true });
});

/**
 * Writes a policy pack outside the repository; it is removed after the test.
 *
 * @param program the pack's JavaScript
 * @param manifest its `PulumiPolicy.yaml`
 */
export function writtenPack(program: string, manifest = "runtime: nodejs\n"): string {
  const directory = mkdtempSync(join(tmpdir(), "policy-pack-"));
  written.push(directory);
  symlinkSync(resolve("node_modules"), join(directory, "node_modules"), "junction");
  writeFileSync(join(directory, "PulumiPolicy.yaml"), manifest);
  writeFileSync(join(directory, "package.json"), '{ "name": "written", "version": "2.0.0", "main": "index.js" }');
  writeFileSync(join(directory, "index.js"), program);
  return directory;
}

/** A pack of one policy, whose properties are given as JavaScript. */
export function packOf(policy: string): string {
  return `const { PolicyPack, Secret } = require("@pulumi/policy");
new PolicyPack("written", { policies: [{ name: "one", description: "One.", enforcementLevel: "mandatory", ${policy} }] });`;
}
