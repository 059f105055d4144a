import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { isJsonObject } from "../../../lib/json-value";

/** A program on disk, found the way the Node.js language host finds it. */
export interface ProgramMain {
  /** What is loaded: a file, or a directory with an `index`. */
  readonly path: string;
  /** Where it runs. */
  readonly directory: string;
  readonly isModule: boolean;
  readonly isTypeScript: boolean;
}

const typeScriptExtensions: ReadonlySet<string> = new Set([".ts", ".mts", ".cts", ".tsx"]);
const indexNames = ["index.js", "index.mjs", "index.cjs", "index.ts", "index.mts", "index.cts"];

/** @param main the file or directory that `Pulumi.yaml` names, absolute */
export function findProgramMain(main: string): ProgramMain {
  if (!existsSync(main)) throw new Error(`We failed to locate the entry point for your program: ${main}`);
  const isDirectory = statSync(main).isDirectory();
  const directory = isDirectory ? main : dirname(main);
  const manifest = manifestAbove(directory);
  const path = isDirectory ? entryOf(main, manifest) : main;
  return {
    path,
    directory,
    isModule: manifest.content.type === "module" || [".mjs", ".mts"].includes(extname(path)),
    isTypeScript: typeScriptExtensions.has(extname(path)) || existsSync(join(directory, "tsconfig.json")),
  };
}

/** Loads the program; its exports are the stack's outputs, or a function that makes them. */
export async function loadProgramMain({ path, isModule }: ProgramMain, run: number): Promise<unknown> {
  if (!isModule) return callIfFunction(createRequire(path)(path));
  const address = `${pathToFileURL(realpathSync(path)).href}?run=${run}`;
  const loaded: unknown = await import(address);
  if (!isNamespace(loaded) || !("default" in loaded)) return loaded;
  if (Object.keys(loaded).length !== 1) {
    throw new Error("expected entrypoint module to have either a default export or named exports but not both");
  }
  return callIfFunction(loaded.default);
}

function callIfFunction(value: unknown): unknown {
  return typeof value === "function" ? value() : value;
}

function isNamespace(value: unknown): value is { default?: unknown } {
  return typeof value === "object" && value !== null;
}

interface Manifest {
  readonly directory: string;
  readonly content: { readonly main?: string; readonly type?: string };
}

function manifestAbove(directory: string): Manifest {
  const path = join(directory, "package.json");
  if (existsSync(path)) {
    const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
    const { main, type } = isJsonObject(parsed) ? parsed : {};
    return {
      directory,
      content: { ...(typeof main === "string" ? { main } : {}), ...(typeof type === "string" ? { type } : {}) },
    };
  }
  const parent = dirname(directory);
  return parent === directory ? { directory, content: {} } : manifestAbove(parent);
}

function entryOf(directory: string, manifest: Manifest): string {
  const named = manifest.content.main === undefined ? undefined : resolve(manifest.directory, manifest.content.main);
  if (named !== undefined && existsSync(named)) return statSync(named).isDirectory() ? entryIn(named) : named;
  return entryIn(directory);
}

function entryIn(directory: string): string {
  const name = indexNames.find((candidate) => existsSync(join(directory, candidate)));
  if (name === undefined)
    throw new Error(`${directory}: no program there; expected main in Pulumi.yaml, or an index.ts`);
  return join(directory, name);
}

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
