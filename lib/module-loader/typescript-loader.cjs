// Loads this project's TypeScript. What esbuild made of its files is kept in one file beside the installed packages: a command reads
// that, and compiles what was edited. Finding and reading a copy of each of 350 files, as tsx does, took a quarter of a command's time.
// Whatever is wrong with that file costs time and nothing else.
//
// Packages are JavaScript, and left to Node. A copy of this project is compiled as this one. TypeScript of other projects is left to tsx.
const { createHash } = require("node:crypto");
const { readFileSync } = require("node:fs");
const Module = require("node:module");
const { basename, dirname, join, relative, sep } = require("node:path");
const { readKept, writeKept } = require("./kept-file.cjs");
require("./late-optimization.cjs");
require("./late-packages.cjs");

const root = dirname(dirname(__dirname));
const keptFile = "compiled-modules";
const compiler = `esbuild ${require("esbuild/package.json").version} with a source map`;

/**
 * A compiled module. Paths are below the root and digests are of the source, so that copies of the project can share the file.
 * @typedef {import("./kept-file.cjs").KeptModule} CompiledModule
 */

/** By path. @type {Map<string, CompiledModule>} */
const modules = readKept(keptFile, compiler);
let changed = false;

Module._extensions[".ts"] = (module, file) => {
  const project = ownProject(file);
  if (project === undefined) return loadForeign(module, file);
  return module._compile(compiledModule(project, file).content.toString(), file);
};

/** By directory: the copy of this project that it lies in, undefined in other projects. @type {Map<string, string | undefined>} */
const projects = new Map();

/** The root of this project, or of a copy of it, that a file belongs to. */
function ownProject(file) {
  if (isOfPackage(file)) return undefined;
  return file.startsWith(root + sep) ? root : projectOf(dirname(file));
}

function projectOf(directory) {
  if (projects.has(directory)) return projects.get(directory);
  const above = dirname(directory);
  const project = isCopy(directory) ? directory : above === directory ? undefined : projectOf(above);
  projects.set(directory, project);
  return project;
}

function isCopy(directory) {
  const theirs = nameAndOptions(directory);
  return theirs !== undefined && theirs === nameAndOptions(root);
}

/** What a project is called and how it is compiled; undefined where nothing says so. */
function nameAndOptions(project) {
  try {
    const { name } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
    return `${name} ${readFileSync(join(project, "tsconfig.json"), "utf8")}`;
  } catch {
    return undefined;
  }
}

function isOfPackage(file) {
  return file.includes(`${sep}node_modules${sep}`);
}

/** tsx takes every extension over when it is loaded; ours and the packages' are given back. */
function loadForeign(module, file) {
  const { ".ts": loadOwn, ".js": loadJavaScript } = Module._extensions;
  // Not its entry, which takes them over once in a process: whoever loads this file again would find nothing taken over.
  require("tsx/cjs/api").register();
  const { ".ts": loadTypeScript, ".js": loadSource } = Module._extensions;
  Module._extensions[".ts"] = (each, path) => (ownProject(path) === undefined ? loadTypeScript : loadOwn)(each, path);
  Module._extensions[".js"] = (each, path) => (isOfPackage(path) ? loadJavaScript : loadSource)(each, path);
  loadTypeScript(module, file);
}

/** Those of copies that differ from what is kept, by file. They are not kept beyond this process. @type {Map<string, CompiledModule>} */
const differing = new Map();

/** @returns {CompiledModule} of the file as it is now */
function compiledModule(project, file) {
  const source = readFileSync(file);
  const path = relative(project, file);
  const digest = createHash("sha256").update(source).digest("base64");
  for (const known of [modules.get(path), differing.get(file)]) if (known?.digest === digest) return known;
  const content = Buffer.from(compile(source, file));
  const module = { path, digest, length: content.length, content };
  if (project !== root) {
    differing.set(file, module);
    return module;
  }
  modules.set(path, module);
  if (!changed) process.once("exit", () => writeKept(keptFile, compiler, [...modules.values()]));
  changed = true;
  return module;
}

function compile(source, file) {
  const { transformSync } = require("esbuild");
  const map = { sourcemap: "inline", sourcesContent: false, sourcefile: basename(file) };
  return transformSync(source, { loader: "ts", format: "cjs", platform: "node", target: "node20.20", ...map }).code;
}

// Positions are those of the sources. Node can do that as well, but reads every map when its module is loaded.
const formatStack = Error.prepareStackTrace;
Error.prepareStackTrace = (error, frames) => {
  const lines = formatStack(error, frames).split("\n");
  // A message may have lines of its own; the frames come last.
  const before = lines.length - frames.length;
  return lines.map((line, index) => (index < before ? line : sourceLine(line, frames[index - before]))).join("\n");
};

/** The map of a module, read when a stack trace first needs it. @type {Map<CompiledModule, Module.SourceMap>} */
const maps = new Map();

/** A line of a stack trace, with the position in the source. */
function sourceLine(text, frame) {
  const [file, line, column] = [frame.getFileName(), frame.getLineNumber(), frame.getColumnNumber()];
  const project = file?.endsWith(".ts") ? ownProject(file) : undefined;
  const module = project && (differing.get(file) ?? modules.get(relative(project, file)));
  if (!module) return text;
  const map = maps.get(module) ?? new Module.SourceMap(mapOf(module));
  maps.set(module, map);
  const { originalLine, originalColumn } = map.findEntry(line - 1, column - 1);
  if (originalLine === undefined) return text;
  return text.replace(`${file}:${line}:${column}`, `${file}:${originalLine + 1}:${originalColumn + 1}`);
}

/** esbuild writes it behind the code, where debuggers look for it, too. */
function mapOf({ content }) {
  const map = content.toString().split("//# sourceMappingURL=data:application/json;base64,").at(-1) ?? "";
  return JSON.parse(Buffer.from(map, "base64").toString());
}
