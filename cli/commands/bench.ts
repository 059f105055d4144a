import type { Row } from "../../bench/benchmark";
import { benchmarks, resultTable, runBenchmarks } from "../../bench/run-benchmarks";
import { printableJson } from "../../deployment/display/terminal";
import { type CommandContext, defineCommand, done, type Outcome } from "../command";
import { CommandError, exitCodes } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { wholeNumber } from "../whole-number";

const defaultRuns = 3;

const options = {
  ...sharedOption("runs", "quick", "json"),
  only: {
    flags: "--only <name>",
    description:
      "one benchmark: sites, stacks, components, policies, pack, report, plain, state, memory, start or real-engine",
  },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "Measure where the time goes, in fresh processes; with --json as one document. Exit code 1 when a mark is missed.",
  options,
  examples: ["npm run bench", "npm run bench -- --only sites --runs 5", "npm run -s bench -- --json > bench.json"],
  stack: "none",
  run,
});

async function run(context: Context): Promise<Outcome> {
  const { json = false, quick = false } = context.options;
  const runs = quick ? 1 : runsOf(context);
  const report = await runBenchmarks({
    chosen: chosenBenchmarks(context),
    runs,
    scale: quick ? "tiny" : "full",
    signal: context.signal,
    onRows: ({ name, description }, rows) => {
      context.say(`\n${name}: ${description}`);
      for (const line of resultTable(rows)) context.say(`  ${line}`);
    },
  });
  context.say(`\n${report.date}, Node ${report.node}, ${report.cores} cores, medians of ${report.runs} runs`);
  if (json) context.output.write(`${printableJson(report)}\n`);
  return outcomeOf(report.rows, quick);
}

function chosenBenchmarks({ options: { only } }: Context) {
  if (only === undefined) return benchmarks;
  const found = benchmarks.filter(({ name }) => name === only);
  if (found.length > 0) return found;
  const known = benchmarks.map(({ name }) => name).join(", ");
  throw new CommandError(exitCodes.badConfiguration, `no benchmark "${only}"; there are ${known}`);
}

function runsOf({ options: { runs } }: Context): number {
  if (runs === undefined) return defaultRuns;
  return wholeNumber("--runs", runs, { least: 1, most: 99 });
}

function outcomeOf(rows: readonly Row[], quick: boolean): Outcome {
  const marks = rows.flatMap(({ mark }) => mark ?? []);
  const missed = marks.filter(({ met }) => !met).length;
  if (quick) return done(`${rows.length} rows measured; with --quick the figures mean nothing`);
  if (missed === 0) return done(`${marks.length} marks met`);
  return { exitCode: exitCodes.error, summary: `${missed} of ${marks.length} marks missed` };
}
