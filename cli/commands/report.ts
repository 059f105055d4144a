import { join } from "node:path";
import { OperationLog } from "../../deployment/display/operation-log";
import type { EngineEvent } from "../../deployment/engine-event";
import { loadProject } from "../../deployment/project/project-file";
import { linksFrom } from "../../operations/report/markdown/inline-text";
import { reportSection } from "../../operations/report/markdown/section";
import { commentOnPullRequest } from "../../operations/report/post-comment";
import { stackSources } from "../../operations/report/source-location";
import { buildReport, isRefused } from "../../operations/report/stack-report";
import { reportSummary, writeReport } from "../../operations/report/write-report";
import { type Command, type CommandContext, done } from "../command";
import { CommandError, exitCodes } from "../exit-codes";
import { guardOverrides } from "../guard-overrides";
import { givenPath, projectDirectory } from "../project-root";
import { failedOutcome, type ShownResult } from "../run-shown";

/** Previews a stack and writes what there is to say of it: comment, SARIF, JSON, step summary. */
export const report: Command = async (context) => {
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
  return failedOutcome(preview, "the report says why") ?? done(`reported: ${directory}`);
};

async function previewQuietly(context: CommandContext): Promise<ShownResult> {
  const engine = await context.open();
  const log = new OperationLog();
  const events: EngineEvent[] = [];
  try {
    for (const notice of engine.notices) context.say(notice);
    const result = await engine.run({
      kind: "preview",
      previewOnly: true,
      targets: [],
      emit: (event) => {
        events.push(event);
        log.record(event);
      },
      signal: context.signal,
    });
    return { ...result, log, events };
  } finally {
    await engine.close();
  }
}

function sourcesOf({ options, stack }: CommandContext) {
  const { project } = loadProject(projectDirectory(options));
  return stackSources(project.root, stack, project.main);
}

function pullRequestNumber(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const number = Number(given);
  if (Number.isInteger(number) && number > 0) return number;
  throw new CommandError(exitCodes.badConfiguration, `--pull-request ${given}: expected the number of a pull request`);
}
