// Does for Node 20 what `module.enableCompileCache` does for newer ones. V8 compiles a function when it is first called, which is a
// quarter of a command's time: what it made of each module is kept, and given back to the next command.
const { realpathSync } = require("node:fs");
const Module = require("node:module");
const { cachedDataVersionTag } = require("node:v8");
const { Script } = require("node:vm");
const { dirname, join, relative, sep } = require("node:path");
const { crc32 } = require("node:zlib");
const { readKept, writeKept } = require("./kept-file.cjs");

const root = dirname(__dirname);
/** A copy of the project links to the packages of another. */
const packages = realpathSync(join(root, "node_modules"));
/** Another V8, or one with other flags, refuses what this one made. */
const maker = String(cachedDataVersionTag());
const file = `compiled-code-${maker}`;
const known = readKept(file, maker);
/** What was compiled here, with the digest of its source. @type {Map<string, { digest: number, script: Script }>} */
const compiled = new Map();

const compileItself = Module.prototype._compile;

Module.prototype._compile = function (source, path) {
  // V8 forgets, of code that it is given back, who answers its `import()`.
  if (/\bimport\s*\(/.test(source)) return compileItself.call(this, source, path);
  const code = source.startsWith("#!") ? `//${source}` : source;
  const digest = crc32(code);
  const place = path.startsWith(packages + sep) ? join("node_modules", relative(packages, path)) : relative(root, path);
  const kept = known.get(place);
  const script = new Script(Module.wrap(code), {
    filename: path,
    // Stack traces count from where the source begins.
    columnOffset: -Module.wrapper[0].length,
    cachedData: kept?.digest === digest ? kept.content : undefined,
  });
  if (script.cachedDataRejected !== false && !place.startsWith("..")) remember(place, { digest, script });
  const run = script.runInThisContext();
  return run.call(this.exports, this.exports, requireOf(this), this, path, dirname(path));
};

/** What Node gives to a module that it compiles itself. */
function requireOf(module) {
  const resolve = (request, options) => Module._resolveFilename(request, module, false, options);
  resolve.paths = (request) => Module._resolveLookupPaths(request, module);
  const { _extensions: extensions, _cache: cache } = Module;
  return Object.assign((request) => module.require(request), { resolve, main: process.mainModule, extensions, cache });
}

function remember(place, module) {
  // At the end, when V8 has compiled what the command called.
  if (compiled.size === 0) process.once("exit", keep);
  compiled.set(place, module);
}

function keep() {
  for (const [path, { digest, script }] of compiled) {
    const content = script.createCachedData();
    known.set(path, { path, digest, length: content.length, content });
  }
  writeKept(file, maker, [...known.values()]);
}
