// Loads TypeScript with tsx, and leaves installed packages to Node: they are JavaScript already, and tsx would read each of their
// files for what Node does not know, which doubles the time to load the Pulumi SDK.
const Module = require("node:module");
require("./late-packages.cjs");
require("./late-modules.cjs");

const loadJavaScript = Module._extensions[".js"];
require("tsx/cjs");
const loadSource = Module._extensions[".js"];

Module._extensions[".js"] = (module, file) =>
  (/[\\/]node_modules[\\/]/.test(file) ? loadJavaScript : loadSource)(module, file);
