import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Generator } from "../lib/generator";
import { commandDefinitions } from "./program";

/** Deployments make much short-lived data: with larger young generations a cold preview takes a tenth less time. */
const deployingNode = "node --max-semi-space-size=64 --min-semi-space-size=16";
const deploying: ReadonlySet<string> = new Set(["start", "preview", "up", "drift"]);

/** Scripts that run no command of this project. */
const otherScripts = {
  test: "node cli/test.mjs",
  typecheck: "tsc --noEmit",
  lint: "biome check .",
  format: "biome check --write .",
};

/** One npm script a command: npm knows no others. */
export const generator: Generator = {
  files: ({ root }) => {
    const manifest: Readonly<Record<string, unknown>> = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const commands = commandDefinitions.map(({ name }): [string, string] => [
      name,
      `${deploying.has(name) ? deployingNode : "node"} cli/run.mjs ${name}`,
    ]);
    const scripts = { ...Object.fromEntries(commands), ...otherScripts };
    return [{ path: "package.json", text: `${JSON.stringify({ ...manifest, scripts }, undefined, 2)}\n` }];
  },
};
