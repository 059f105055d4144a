import { createRequire } from "node:module";
import { sep } from "node:path";
import type { ProgramMain } from "./program-main";

const load = createRequire(__filename);
const dependencies = `${sep}node_modules${sep}`;
/** What programs of this process loaded beside their dependencies, and must load afresh. */
const loadedByPrograms = new Set<string>();
let esModuleLoader = false;

/** Makes TypeScript loadable, unless something already did. */
export function prepareTypeScript({ isTypeScript, isModule }: ProgramMain): void {
  if (!isTypeScript) return;
  if (isModule && !esModuleLoader) {
    load("tsx/esm/api").register();
    esModuleLoader = true;
  }
  if (load.extensions[".ts"] === undefined) load("tsx/cjs/api").register();
}

/** Forgets the modules of earlier runs, so that a second run in this process makes its resources again. */
export function forgetProgramModules(): void {
  for (const path of loadedByPrograms) delete load.cache[path];
  loadedByPrograms.clear();
}

/** Notes what a run loads; call the result when it ends. */
export function watchProgramModules(): () => void {
  const before = new Set(Object.keys(load.cache));
  return () => {
    for (const path of Object.keys(load.cache)) {
      if (!before.has(path) && !path.includes(dependencies)) loadedByPrograms.add(path);
    }
  };
}
