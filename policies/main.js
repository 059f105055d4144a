// Pulumi loads a pack with ts-node, which type-checks every file, and hands no `nodeargs` on to Node: the pack is loaded here as this
// project's commands are. `npm test` checks its types.
const { keepCompiled } = require("../lib/module-loader/code-cache.cjs");
require("../lib/module-loader/typescript-loader.cjs");
require("./index.ts");

// Engines kill a pack that they need no more.
setTimeout(keepCompiled, 5000).unref();
