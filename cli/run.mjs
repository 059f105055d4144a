import { prepare, runMain } from "./bootstrap.mjs";

prepare();
await runMain(process.argv.slice(2));
