// Pulumi loads a pack with ts-node, which type-checks every file: seconds on each preview. tsx only removes the types; `npm test`
// checks them. The engine does not pass `nodeargs` on to Node for policy packs, so tsx is registered here.
require("tsx/cjs/api").register();
require("./index.ts");
