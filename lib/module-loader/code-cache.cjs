// V8 compiles a function when it is first called, which is a quarter of a command's time. What it made of each module is kept, and given
// back to the next process: by Node itself from 22.1 on, and here for Node 20.
require("./late-optimization.cjs");
const { realpathSync } = require("node:fs");
const Module = require("node:module");
const { dirname, join, relative, sep } = require("node:path");
const { cachedDataVersionTag } = require("node:v8");
const { Script } = require("node:vm");
const { crc32 } = require("node:zlib");
const { readKept, writeKept } = require("./kept-file.cjs");

const root = dirname(dirname(__dirname));
/** A copy of the project links to the packages of another. */
const packages = realpathSync(join(root, "node_modules"));
/** Another V8, or one with other flags, refuses what this one made. */
const maker = String(cachedDataVersionTag());
const file = `compiled-code-${maker}`;
/** By place: the path below the project or its packages. @type {Map<string, import("./kept-file.cjs").KeptModule>} */
let known = new Map();
/** What was compiled here and is not kept yet, with the digest of its source. @type {Map<string, { digest: number, script: Script }>} */
const compiled = new Map();
const compileItself = Module.prototype._compile;

if (Module.enableCompileCache === undefined) {
  known = readKept(file, maker);
  Module.prototype._compile = compile;
  // V8 has compiled by then what was called.
  process.once("exit", keepCompiled);
} else {
  Module.enableCompileCache();
}

/** Keeps what was compiled so far. At the end of a process that nobody kills that is done by itself. */
exports.keepCompiled = keepCompiled;

function keepCompiled() {
  if (compiled.size === 0) return;
  for (const [path, { digest, script }] of compiled) {
    const content = script.createCachedData();
    known.set(path, { path, digest, length: content.length, content });
  }
  compiled.clear();
  writeKept(file, maker, [...known.values()]);
}

/** @this {Module} */
function compile(source, path, format) {
  const code = source.startsWith("#!") ? `//${source}` : source;
  const digest = crc32(code);
  const place = placeOf(path);
  const kept = known.get(place);
  const isKnown = kept?.digest === digest;
  // An ES module is no function that takes `require`. And V8 forgets, of code that it is given back, who answers its `import()`; what is
  // known has none.
  if (format === "module" || (!isKnown && /\bimport\s*\(/.test(source)))
    return compileItself.call(this, source, path, format);
  const script = new Script(Module.wrap(code), {
    filename: path,
    // Stack traces count from where the source begins.
    columnOffset: -Module.wrapper[0].length,
    cachedData: isKnown ? kept.content : undefined,
  });
  if (script.cachedDataRejected !== false && !place.startsWith("..")) compiled.set(place, { digest, script });
  const run = script.runInThisContext();
  return run.call(this.exports, this.exports, requireOf(this), this, path, dirname(path));
}

/** Below the packages or the project, however the packages are linked. */
function placeOf(path) {
  if (path.startsWith(packages + sep)) return `node_modules${path.slice(packages.length)}`;
  return path.startsWith(root + sep) ? path.slice(root.length + 1) : relative(root, path);
}

/** What Node gives to a module that it compiles itself. */
function requireOf(module) {
  const resolve = (request, options) => Module._resolveFilename(request, module, false, options);
  resolve.paths = (request) => Module._resolveLookupPaths(request, module);
  const { _extensions: extensions, _cache: cache } = Module;
  return Object.assign((request) => module.require(request), { resolve, main: process.mainModule, extensions, cache });
}
