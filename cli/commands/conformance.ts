import { recordedSeries, type SeriesReplay } from "../../sandbox/conformance/run-series";
import { type CommandContext, defineCommand, done, type Outcome } from "../command";
import { exitCodes } from "../exit-codes";

/** How many differences of one run are shown; the first ones say what to look at. */
const shownProblems = 5;

export const command = defineCommand({
  description: "Replay the runs recorded on the real engine and compare, one line a run.",
  options: {},
  examples: ["npm run conformance"],
  stack: "none",
  run,
});

async function run(context: CommandContext<object>): Promise<Outcome> {
  let matching = 0;
  let total = 0;
  for (const runs of await recordedSeries()) {
    const results = await replayAll(runs, (line) => context.say(line), context.signal);
    matching += results.matching;
    total += results.total;
  }
  const summary = `${matching} of ${total} recorded runs match`;
  context.say(summary);
  return outcomeOf(matching === total, summary);
}

async function replayAll(
  runs: SeriesReplay,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<{ matching: number; total: number }> {
  const recordings = runs.recordings();
  let matching = 0;
  try {
    for (const recording of recordings) {
      if (signal.aborted) break;
      const { name, problems } = await runs.run(recording);
      say(`${problems.length === 0 ? "match " : "DIFFER"}  ${name}`);
      for (const problem of problems.slice(0, shownProblems)) say(`          ${problem}`);
      if (problems.length === 0) matching += 1;
    }
  } finally {
    await runs.close();
  }
  return { matching, total: recordings.length };
}

function outcomeOf(matches: boolean, summary: string): Outcome {
  return matches ? done(summary) : { exitCode: exitCodes.error, summary };
}
