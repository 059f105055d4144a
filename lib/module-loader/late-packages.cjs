// Much of what packages load at their start is for what few commands do, or none: the Pulumi SDK's to send functions to other machines
// (npm, the TypeScript compiler) and to run the real engine, and zod's messages in fifty languages. It takes 0.8 s of every process, so
// it is loaded when something of it is first read.
const Module = require("node:module");

const ofTheSdk = /[\\/]@pulumi[\\/]pulumi[\\/]/;
/** What is loaded late, when a file like this asks for it. */
const late = new Map([
  ["@logdna/tail-file", ofTheSdk],
  ["@npmcli/arborist", ofTheSdk],
  ["execa", ofTheSdk],
  ["js-yaml", ofTheSdk],
  ["normalize-package-data", ofTheSdk],
  ["tmp", ofTheSdk],
  ["typescript", ofTheSdk],
  ["../locales/index.cjs", /[\\/]zod[\\/]v4[\\/]/],
]);
const load = Module._load;

Module._load = (request, parent, isMain) => {
  if (late.get(request)?.test(parent?.filename ?? "") !== true) return load(request, parent, isMain);
  // Fails here, as loading would, when the package is not there: the SDK then falls back to a copy of its own.
  Module._resolveFilename(request, parent, isMain);
  let loaded;
  const get = (_target, name) => {
    // Compiled imports copy everything of a module that does not say that it is one.
    if (name === "__esModule") return true;
    loaded ??= load(request, parent, isMain);
    return name === "default" && !loaded.__esModule ? loaded : loaded[name];
  };
  return new Proxy({}, { get });
};
