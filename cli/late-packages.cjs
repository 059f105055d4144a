// The Pulumi SDK loads npm and the TypeScript compiler at its start, to send functions to other machines, which no stack does. They
// take 0.6 s of every process, so they are loaded when something of theirs is first read.
const Module = require("node:module");

const late = new Set(["@npmcli/arborist", "typescript"]);
const load = Module._load;

Module._load = (request, parent, isMain) => {
  if (!late.has(request) || !isOfTheSdk(parent)) return load(request, parent, isMain);
  // Fails here, as loading would, when the package is not there: the SDK then falls back to a copy of its own.
  Module._resolveFilename(request, parent, isMain);
  let loaded;
  const get = (_target, name) => {
    // Compiled imports copy everything of a module that does not say that it is one.
    if (name === "__esModule") return true;
    loaded ??= load(request, parent, isMain);
    return loaded[name];
  };
  return new Proxy({}, { get });
};

function isOfTheSdk(parent) {
  return /[\\/]@pulumi[\\/]pulumi[\\/]/.test(parent?.filename ?? "");
}
