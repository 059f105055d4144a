import { join } from "node:path";
import { installAzurite } from "../operations/drill/local-drill";
import { MissingProgramError } from "../operations/programs/external-program";
import { findLitestream } from "../operations/programs/litestream-program";

/** What some tests run for real. Where one cannot be had, its tests are skipped by name, and this says why. */
async function install(): Promise<void> {
  const cache = join(__dirname, "..", ".drill");
  const results = await Promise.allSettled([findLitestream(cache), installAzurite(cache)]);
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    if (!(result.reason instanceof MissingProgramError)) throw result.reason;
    process.stdout.write(`${result.reason.message}\n`);
  }
}

void install();
