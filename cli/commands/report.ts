import { join } from "node:path";
import { printable, printableJson } from "../../deployment/display/terminal";
import { loadProject } from "../../deployment/project/project-file";
import { linksFrom } from "../../operations/report/markdown/inline-text";
import { reportSection } from "../../operations/report/markdown/section";
import { commentOnPullRequest } from "../../operations/report/post-comment";
import { stackSources } from "../../operations/report/source-location";
import { buildReport, isRefused, type StackReport } from "../../operations/report/stack-report";
import { reportSummary, writeReport } from "../../operations/report/write-report";
import { type CommandContext, defineCommand, done, type Outcome } from "../command";
import { CommandError, exitCodes } from "../exit-codes";
import { guardOverrides } from "../guard-overrides";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { givenPath, projectDirectory } from "../project-root";
import { savePlan } from "../reviewed-plan";
import { failedOutcome } from "../run-and-print";
import { runQuietly } from "../run-quietly";

const options = {
  ...sharedOption("stack", "engine", "cwd", "policyPack", "override", "overridesOf", "savePlan", "output", "json"),
  pullRequest: {
    flags: "--pull-request <number>",
    description:
      "post the comment there, in GITHUB_REPOSITORY with RUN_TOKEN or GITHUB_TOKEN; edited in place, one for all stacks",
  },
  commit: { flags: "--commit <sha>", description: "the commit that links point to (default: GITHUB_SHA)" },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "Preview, and write a comment, SARIF, JSON and the step summary of it: guards, violations, changes, cost. Changes nothing; exit code 5 when up would refuse.",
  options,
  examples: [
    "npm run report -- --stack prod",
    "npm run report -- --stack prod --engine pulumi --pull-request 12",
    "npm run report -- --stack prod --save-plan .report/plan.json",
    'npm run report -- --stack prod --override "blast-radius=all apps get the new tag"',
  ],
  stack: "dev",
  run,
});

/**
 * Previews a stack and writes what there is to say of it: comment, SARIF, JSON, step summary. A plan that is kept for approval is complete
 * and was refused by nothing.
 */
async function run(context: Context): Promise<Outcome> {
  const overrides = await guardOverrides(context);
  const pullRequest = pullRequestNumber(context.options.pullRequest);
  const engine = await context.open();
  try {
    for (const notice of engine.notices) context.say(notice);
    const preview = await runQuietly(context, engine, { kind: "preview", previewOnly: true });
    const { stack, engine: name } = context;
    const built = buildReport(preview.log, { stack, engine: name, overrides, sources: sourcesOf(context) });
    const outcome = refusal(built) ?? failedOutcome(context, preview, "the report says why");
    const plan = outcome === undefined ? await savePlan(context, engine, preview, overrides) : undefined;
    const directory = writeFiles(context, built, plan?.digest);
    if (pullRequest !== undefined) await comment(context, built, pullRequest);
    return outcome ?? done(`reported: ${directory}`);
  } finally {
    await engine.close();
  }
}

function refusal(built: StackReport): Outcome | undefined {
  if (!isRefused(built)) return undefined;
  const violations = built.violations.filter(({ mandatory }) => mandatory).length;
  const summary = `refused: ${built.guards.blocking.length} findings of plan guards, ${violations} policy violations, exit code 5`;
  return { exitCode: exitCodes.policy, summary };
}

/** Writes the files and the step summary; returns where they are. */
function writeFiles(context: Context, built: StackReport, planDigest: string | undefined): string {
  const directory = givenPath(context.options.output ?? join(".report", context.stack));
  const { GITHUB_STEP_SUMMARY: stepSummary } = process.env;
  const files = writeReport(built, {
    directory,
    links: linksFrom(process.env, context.options.commit),
    ...(stepSummary === undefined ? {} : { stepSummary }),
    ...(planDigest === undefined ? {} : { planDigest }),
  });
  for (const file of files) context.say(`    ${file}`);
  if (context.options.json === true) context.output.write(`${printableJson(reportSummary(built))}\n`);
  return directory;
}

async function comment(context: Context, built: StackReport, pullRequest: number): Promise<void> {
  const links = linksFrom(process.env, context.options.commit);
  const write = (budget: number) => reportSection(built, budget, links);
  const posted = await commentOnPullRequest(pullRequest, context.stack, write, process.env);
  if (posted.what === "skipped") return context.say(posted.notice);
  context.say(`comment ${posted.what}: ${posted.url}`);
  for (const { url, author } of posted.forged) {
    context.say(`! a comment of ${printable(author)} carries the report's mark and is not the report: ${url}`);
  }
}

function sourcesOf({ options, stack }: Context) {
  const { project } = loadProject(projectDirectory(options));
  return stackSources(project.root, stack, project.main);
}

function pullRequestNumber(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const number = Number(given);
  if (Number.isInteger(number) && number > 0) return number;
  throw new CommandError(exitCodes.badConfiguration, `--pull-request ${given}: expected the number of a pull request`);
}
