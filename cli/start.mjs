import { prepare, runMain } from "./bootstrap.mjs";

prepare();
await runMain(["start", ...process.argv.slice(2)]);
