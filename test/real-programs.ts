import { existsSync } from "node:fs";
import { join } from "node:path";
import { executableOnPath } from "../operations/programs/external-program";
import { litestreamVersion } from "../operations/programs/litestream-program";
import { findPulumi } from "../operations/programs/pulumi-program";

const cache = join(__dirname, "..", ".drill");

/** The release of the linter of workflows that the tests expect: a newer one finds more. */
export const zizmorVersion = "1.32.0";

/** Where `pip` puts the linter of workflows. */
export const zizmorDirectory = join(cache, `zizmor-${zizmorVersion}`);

/**
 * Programs that tests run for real and that not every machine has; undefined where one is missing. `REAL_PROGRAMS=install npm test`
 * installs Pulumi and Litestream (where Go is), Azurite and zizmor (where Python is) into `.drill` first; tests that need one that is
 * missing are skipped by name. `npm run real-engine` installs Pulumi alone.
 */
export const realPrograms = {
  litestream: firstOf(
    process.env.LITESTREAM,
    executableOnPath("litestream"),
    join(cache, `litestream-${litestreamVersion}`, "litestream"),
  ),
  azurite: firstOf(...[process.env.AZURITE ?? "", join(cache, "azurite", "node_modules")].map(azuriteIn)),
  sqlite3: executableOnPath("sqlite3"),
  pulumi: findPulumi(cache),
  zizmor: firstOf(process.env.ZIZMOR, join(zizmorDirectory, "bin", "zizmor")),
};

/** Which of the programs that a test needs are not here, as the end of its title: ` (needs azurite)`; empty when all are. */
export function missingPrograms(...needed: readonly (keyof typeof realPrograms)[]): string {
  const missing = needed.filter((name) => realPrograms[name] === undefined);
  return missing.length === 0 ? "" : ` (needs ${missing.join(", ")})`;
}

function azuriteIn(modules: string): string | undefined {
  return modules === "" ? undefined : join(modules, "azurite", "dist", "src", "blob", "main.js");
}

function firstOf(...paths: readonly (string | undefined)[]): string | undefined {
  return paths.find((path) => path !== undefined && path !== "" && existsSync(path));
}
