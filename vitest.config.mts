import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["node_modules", "test/fixtures"],
    // The Pulumi SDK keeps one runtime per process: a fresh process per file keeps tests apart.
    pool: "forks",
    isolate: true,
    testTimeout: 60_000,
  },
});
