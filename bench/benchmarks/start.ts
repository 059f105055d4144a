import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stackDefinitions } from "../../stacks/registry";
import { type Benchmark, type BenchmarkRun, mark, type Row } from "../benchmark";
import { timeProcess } from "../fresh-process";
import { median } from "../measurement";

export const start: Benchmark = {
  name: "start",
  description: "npm start of a deployed stack with nothing to change, against importing what index.ts imports",
  async run(run) {
    const stacks = run.scale === "full" ? stackDefinitions.map(({ name }) => name) : ["bootstrap"];
    const rows: Row[] = [];
    for (const stack of stacks) rows.push(...(await measureStart(stack, run)));
    return rows;
  },
};

async function measureStart(stack: string, { runs, directory, signal }: BenchmarkRun): Promise<Row[]> {
  const deploy = () =>
    timeProcess(process.execPath, [...startArguments(), "--stack", stack], { SANDBOX_DIRECTORY: directory });
  await deploy();
  const imports: number[] = [];
  const starts: number[] = [];
  for (let round = 0; round < runs; round += 1) {
    signal.throwIfAborted();
    imports.push(await importProgram(stack));
    starts.push(await deploy());
  }
  // Neighbours in time had the same noise around them.
  const ratio = median(starts.map((seconds, index) => seconds / (imports[index] ?? seconds)));
  return [
    { benchmark: "start", measured: `${stack}, importing`, seconds: median(imports) },
    {
      benchmark: "start",
      measured: `${stack}, npm start`,
      seconds: median(starts),
      mark: mark("start ÷ importing", ratio, 3),
      note: "without npm's own time",
    },
  ];
}

/** What `npm start` hands to Node. */
function startArguments(): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(join(__dirname, "..", "..", "package.json"), "utf8"));
  const [command, ...words] = String(scripts.start).split(" ");
  if (command !== "node") throw new Error(`package.json: npm start runs ${command}, expected node`);
  return words;
}

/** Loads the program and the composition that it would run, and runs nothing. */
function importProgram(stack: string): Promise<number> {
  const load = `require("./cli/typescript-loader.cjs"); require("./index.ts"); require("./stacks/alai/${stack}.ts");`;
  return timeProcess(process.execPath, ["-e", load], {});
}
