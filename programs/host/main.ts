import { hostProgram } from "./host-program";

hostProgram(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
