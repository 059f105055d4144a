import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { repository, typescriptLoader } from "./run-command";

/** What is set in `%GetOptimizationStatus`. Source: V8 11.3, src/runtime/runtime.h, `OptimizationStatus`. */
const kOptimized = 1 << 4;

/** Whether V8 optimized a function that ran that many times. */
function isOptimized(times: number, ...loaders: readonly string[]): boolean {
  const script = `
    const add = (one, other) => one + other;
    let sum = 0;
    for (let round = 0; round < 100; round++) {
      for (let call = 0; call < ${times / 100}; call++) sum = add(sum, call);
    }
    setTimeout(() => console.log((%GetOptimizationStatus(add) & ${kOptimized}) !== 0), 100);
  `;
  const flags = ["--allow-natives-syntax", "--no-use-osr", "--max-inlined-bytecode-size=0"];
  return execFileSync(process.execPath, [...flags, ...loaders, "-e", script], { cwd: repository }).includes("true");
}

it.runIf(process.versions.node.startsWith("20."))("V8 optimizes only what runs very often", () => {
  const loader = `--require=${typescriptLoader}`;
  expect(isOptimized(50_000)).toBe(true);
  expect(isOptimized(50_000, loader)).toBe(false);
  expect(isOptimized(2_000_000, loader)).toBe(true);
});
