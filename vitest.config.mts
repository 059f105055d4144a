import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // The parser below is published with source maps and without the sources; Vite would warn of each.
  logLevel: "error",
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["node_modules", "test/fixtures"],
    // The Pulumi SDK keeps one runtime per process: a fresh process per file keeps tests apart.
    pool: "forks",
    isolate: true,
    testTimeout: 60_000,
    // Vitest leaves a core free; most of these tests wait for disks and child processes, so every core has work.
    maxWorkers: availableParallelism(),
    // GitHub's workflow parser imports JSON without the attribute that Node asks for, so it is bundled.
    server: { deps: { inline: [/@actions\//] } },
  },
});
