import type { Row } from "../../bench/benchmark";
import { benchmarks, resultTable, runBenchmarks } from "../../bench/run-benchmarks";
import { type Command, type CommandContext, done, type Outcome } from "../command";
import { CommandError, exitCodes } from "../exit-codes";

const defaultRuns = 3;

export const bench: Command = async (context) => {
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
  if (json) context.output.write(`${JSON.stringify(report)}\n`);
  return outcomeOf(report.rows, quick);
};

function chosenBenchmarks({ options: { only } }: CommandContext) {
  if (only === undefined) return benchmarks;
  const found = benchmarks.filter(({ name }) => name === only);
  if (found.length > 0) return found;
  const known = benchmarks.map(({ name }) => name).join(", ");
  throw new CommandError(exitCodes.badConfiguration, `no benchmark "${only}"; there are ${known}`);
}

function runsOf({ options: { runs } }: CommandContext): number {
  if (runs === undefined) return defaultRuns;
  if (/^[1-9]\d?$/.test(runs)) return Number(runs);
  throw new CommandError(exitCodes.badConfiguration, `--runs: expected a number from 1 to 99, got "${runs}"`);
}

function outcomeOf(rows: readonly Row[], quick: boolean): Outcome {
  const marks = rows.flatMap(({ mark }) => mark ?? []);
  const missed = marks.filter(({ met }) => !met).length;
  if (quick) return done(`${rows.length} rows measured; with --quick the figures mean nothing`);
  if (missed === 0) return done(`${marks.length} marks met`);
  return { exitCode: exitCodes.error, summary: `${missed} of ${marks.length} marks missed` };
}
