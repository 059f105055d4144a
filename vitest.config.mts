import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

/** Folders of tests that leave nothing behind in their process, so that a process runs many files and loads the SDK once. */
const shared = ["clouds", "components", "display", "engine", "inventory", "lock", "world"].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

export default defineConfig({
  // The parser below is published with source maps and without the sources; Vite would warn of each.
  logLevel: "error",
  test: {
    pool: "forks",
    // As the npm scripts: what a deployment makes is mostly short-lived, and half a second of collecting it is saved.
    execArgv: ["--max-semi-space-size=64", "--min-semi-space-size=64", "--require", resolve("cli/late-packages.cjs")],
    testTimeout: 60_000,
    // Vitest leaves a core free; most of these tests wait for disks and child processes, so every core has work.
    maxWorkers: availableParallelism(),
    // GitHub's workflow parser imports JSON without the attribute that Node asks for, so it is bundled.
    server: { deps: { inline: [/@actions\//] } },
    exclude: ["node_modules", "test/fixtures"],
    projects: [
      { extends: true, test: { name: "shared", include: shared, isolate: false } },
      // The Pulumi SDK keeps one runtime per process: a fresh process per file keeps these apart.
      { extends: true, test: { name: "apart", include: ["test/**/*.test.ts"], exclude: shared, isolate: true } },
    ],
  },
});
