// Tests load the project's modules as commands and programs do, by `lib/module-loader/typescript-loader.cjs`: compiled once for all processes, and one
// instance of each for whoever imports it. Vite compiles the tests alone.
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";

// Node runs the hooks below in a thread of their own, which loads this file, too.
if (isMainThread) register(import.meta.url);

export async function load(url, context, nextLoad) {
  const isTypeScript = /^file:.*\.ts(\?|$)/.test(url) && !url.includes("/node_modules/");
  return isTypeScript ? { format: "commonjs", shortCircuit: true } : nextLoad(url, context);
}
