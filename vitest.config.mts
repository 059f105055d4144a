import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

const testsIn = (folder: string) => `test/${folder}/**/*.test.ts`;

/** Tests that leave nothing behind in their process, so that a process runs many files and loads everything once. */
const shared = [
  ...["acceptance", "architecture", "cli", "components", "programs"].map(testsIn),
  ...["inventory", "lib", "policies", "stacks"].map(testsIn),
  ...["display", "project"].map((folder) => testsIn(`deployment/${folder}`)),
  ...["clouds", "conformance", "engine", "faults", "world"].map((folder) => testsIn(`sandbox/${folder}`)),
  ...[
    "adopt",
    "cost",
    "cutover",
    "delivery",
    "doctor",
    "drift",
    "edge",
    "failover",
    "guard",
    "maintenance",
    "preview-environments",
    "release",
    "report",
    "restore-test",
    "secrets",
    "status",
    "takeover",
  ].map((folder) => testsIn(`operations/${folder}`)),
];
/**
 * Files that start many processes, or deploy whole copies of this project, which leaves memory behind. They take longest, and come
 * before the shared ones, so that none is left for the end.
 */
const long = [
  ...[
    "acceptance/file-faults",
    "acceptance/first-deployment",
    "acceptance/inventory-edits",
    "acceptance/killed-prod",
    "acceptance/killed-up",
    "acceptance/new-host-database",
    "acceptance/new-site",
    "acceptance/new-system",
    "acceptance/secrets",
  ],
  ...[
    "cli/landscape-start",
    "cli/preview-environments",
    "operations/report/sample",
    "policies/alai-stacks",
    "policies/recoveries",
    "stacks/shipped-programs",
  ],
].map((file) => `test/${file}.test.ts`);

const root = import.meta.dirname.replace(/[^\w/]/g, "\\$&");
/** The project's modules, without its tests. */
const ownModules = new RegExp(`^${root}/(?!test/|node_modules/).*\\.ts$`);

export default defineConfig({
  // The parser below is published with source maps and without the sources; Vite would warn of each.
  logLevel: "error",
  test: {
    pool: "forks",
    execArgv: [
      // As the npm scripts: what a deployment makes is mostly short-lived.
      "--max-semi-space-size=64",
      "--min-semi-space-size=32",
      // Several collector threads wait for one another when all cores have work, and waiting takes processor time, too.
      "--single-threaded-gc",
      // As commands: what V8 made of modules before is given back to it.
      `--require=${resolve("lib/module-loader/code-cache.cjs")}`,
      `--require=${resolve("lib/module-loader/typescript-loader.cjs")}`,
      `--import=${resolve("test/load-project.mjs")}`,
    ],
    testTimeout: 60_000,
    // Vitest leaves a core free. Some of these tests wait for child processes: with one more than there are cores, all have work.
    maxWorkers: availableParallelism() + 1,
    server: {
      deps: {
        // GitHub's workflow parser imports JSON without the attribute that Node asks for, so it is bundled.
        inline: [/@actions\//],
        // test/load-project.mjs loads them.
        external: [ownModules],
      },
    },
    exclude: ["node_modules", "test/fixtures"],
    projects: [
      // By name in this order.
      { extends: true, test: { name: "apart", include: ["test/**/*.test.ts"], exclude: shared, isolate: true } },
      { extends: true, test: { name: "long", include: long, isolate: true } },
      { extends: true, test: { name: "shared", include: shared, exclude: long, isolate: false } },
    ],
  },
});
