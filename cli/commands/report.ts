import { join } from "node:path";
import { loadProject } from "../../deployment/project/project-file";
import { linksFrom } from "../../operations/report/markdown/inline-text";
import { reportSection } from "../../operations/report/markdown/section";
import { commentOnPullRequest } from "../../operations/report/post-comment";
import { stackSources } from "../../operations/report/source-location";
import { buildReport, isRefused } from "../../operations/report/stack-report";
import { reportSummary, writeReport } from "../../operations/report/write-report";
import { type CommandContext, defineCommand, done, type Outcome } from "../command";
import { CommandError, exitCodes } from "../exit-codes";
import { guardOverrides } from "../guard-overrides";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { givenPath, projectDirectory } from "../project-root";
import { failedOutcome, type LoggedResult } from "../run-and-print";
import { runQuietly } from "../run-quietly";

const options = {
  ...sharedOption("stack", "engine", "cwd", "policyPack", "override", "overridesOf", "output", "json"),
  pullRequest: {
    flags: "--pull-request <number>",
    description: "post the comment there, in GITHUB_REPOSITORY with GITHUB_TOKEN; edited in place, one for all stacks",
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
    'npm run report -- --stack prod --override "blast-radius=all apps get the new tag"',
  ],
  stack: "dev",
  run,
});

/** Previews a stack and writes what there is to say of it: comment, SARIF, JSON, step summary. */
async function run(context: Context): Promise<Outcome> {
  const overrides = await guardOverrides(context);
  const pullRequest = pullRequestNumber(context.options.pullRequest);
  const preview = await previewQuietly(context);
  const links = linksFrom(process.env, context.options.commit);
  const { stack, engine } = context;
  const built = buildReport(preview.log, { stack, engine, overrides, sources: sourcesOf(context) });

  const directory = givenPath(context.options.output ?? join(".report", stack));
  for (const file of writeReport(built, directory, links, process.env.GITHUB_STEP_SUMMARY)) context.say(`    ${file}`);
  if (context.options.json === true) context.output.write(`${JSON.stringify(reportSummary(built))}\n`);
  if (pullRequest !== undefined) {
    const write = (budget: number) => reportSection(built, budget, links);
    const posted = await commentOnPullRequest(pullRequest, stack, write, process.env);
    context.say(posted.what === "skipped" ? posted.notice : `comment ${posted.what}: ${posted.url}`);
  }
  if (isRefused(built)) {
    const violations = built.violations.filter(({ mandatory }) => mandatory).length;
    const summary = `refused: ${built.guards.blocking.length} findings of plan guards, ${violations} policy violations, exit code 5`;
    return { exitCode: exitCodes.policy, summary };
  }
  return failedOutcome(context, preview, "the report says why") ?? done(`reported: ${directory}`);
}

async function previewQuietly(context: Context): Promise<LoggedResult> {
  const engine = await context.open();
  try {
    for (const notice of engine.notices) context.say(notice);
    return await runQuietly(context, engine, { kind: "preview", previewOnly: true });
  } finally {
    await engine.close();
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
