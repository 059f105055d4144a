// A command's file defines the command and does its work, so it imports much that a definition does not need: `--help` would wait for
// the Pulumi SDK. What such a file imports is therefore loaded when something of it is first read.
const { sep } = require("node:path");
const Module = require("node:module");

const load = Module._load;
const commands = `${__dirname}${sep}commands${sep}`;

Module._load = (request, parent, isMain) => {
  if (!request.startsWith(".") || !parent?.filename?.startsWith(commands)) return load(request, parent, isMain);
  // Fails here, as loading would, when the module is not there.
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
