import { readDeployedResources } from "../../operations/drift/deployment-state";
import { driftDocument, driftTable } from "../../operations/drift/drift-table";
import { type FiledDrift, fileDrift, filingSettings } from "../../operations/drift/file-drift";
import { type DriftReport, findDrift } from "../../operations/drift/find-drift";
import { readNoise } from "../../operations/drift/noise";
import { type CommandContext, commandLine, defineCommand, done, neverDeployed, type Outcome } from "../command";
import { ownPlaces, primaryAddressFor, resourceLines } from "../drift-surroundings";
import { CommandError, exitCodes } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { loadPolicyPacks } from "../policy-packs";
import { runQuietly } from "../run-quietly";
import { failedOutcome } from "../run-shown";

const options = {
  ...sharedOption("stack", "engine", "cwd", "policyPack", "json", "diff", "target"),
  file: {
    flags: "--file",
    description:
      "keep the stack's issue in GITHUB_REPOSITORY with GITHUB_TOKEN: open, update, close it; DRIFT_SLACK_WEBHOOK is told what is new",
  },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "Compare the clouds with the state, the state with the program, and list what nobody manages. Changes nothing; exit code 7 on drift.",
  options,
  examples: ["npm run drift -- --stack prod", "npm run -s drift -- --stack prod --json > drift.json"],
  stack: "dev",
  deploys: true,
  run,
});

/** Compares the clouds with the state, the state with the program, and looks for what nobody manages; changes none of them. */
async function run(context: Context): Promise<Outcome> {
  const { file = false, json = false, target = [] } = context.options;
  if (file && target.length > 0) {
    throw new CommandError(exitCodes.badConfiguration, "--file with --target would close the issue of everything else");
  }
  const filing = file ? filingSettings(process.env) : undefined;
  const noise = readNoise();
  const policies = await loadPolicyPacks(context);
  const engine = await context.open();
  try {
    if (readDeployedResources(await engine.exportedState()).length === 0) throw neverDeployed(context);
    const refresh = await runQuietly(context, engine, { kind: "refresh", previewOnly: true });
    const preview = await runQuietly(context, engine, { kind: "preview", previewOnly: true });
    for (const each of [refresh, preview]) {
      // What breaks a policy is still a plan to compare with.
      const failed = each.failure === "policy" ? undefined : failedOutcome(context, each, "nothing was compared");
      if (failed === undefined) continue;
      for (const { message, hint } of each.log.diagnostics.errors) {
        context.say(hint === undefined ? message : `${message}\nwhat to do: ${hint}`);
      }
      const exitCode = failed.exitCode === exitCodes.cancelled ? failed.exitCode : exitCodes.error;
      return { exitCode, summary: failed.summary.replace(/exit code \d+$/, `exit code ${exitCode}`) };
    }
    const deployed = readDeployedResources(await engine.exportedState());
    const report = await findDrift({
      stack: context.stack,
      refresh: refresh.log,
      preview: preview.log,
      deployed,
      primaryAddress: await primaryAddressFor(context, deployed),
      unmanaged: target.length > 0 ? undefined : ownPlaces(context, engine),
      noise,
      policies,
      locate: resourceLines(context, preview.log, refresh.log),
      commandLine: (command, ...options) => commandLine(context, command, ...options),
    });
    const filed = await filedOrShown(context, filing, report);
    for (const line of driftTable(report, filed?.tracked ?? [])) context.say(line);
    if (filed !== undefined) context.say(`issue ${filed.what}${filed.url === undefined ? "" : `: ${filed.url}`}`);
    if (json) context.output.write(`${JSON.stringify(driftDocument(report, filed?.tracked ?? []), undefined, 2)}\n`);
    return outcome(report);
  } finally {
    await engine.close();
    for (const pack of policies) await pack.close();
  }
}

/** What was found is shown also when it cannot be filed: then the run's log is all there is. That ends with exit code 1, whatever failed. */
async function filedOrShown(
  context: Context,
  filing: ReturnType<typeof filingSettings> | undefined,
  report: DriftReport,
): Promise<FiledDrift | undefined> {
  try {
    return filing === undefined ? undefined : await fileDrift({ report, ...filing, now: new Date() });
  } catch (error) {
    for (const line of driftTable(report, [])) context.say(line);
    throw error;
  }
}

function outcome({ findings }: DriftReport) {
  if (findings.length === 0) return done("no drift");
  const security = findings.filter(({ severity }) => severity === "security").length;
  const what = findings.length === 1 ? "1 difference" : `${findings.length} differences`;
  const summary = `${what}${security === 0 ? "" : `, ${security} of them security`}, exit code 7`;
  return { exitCode: exitCodes.unexpectedChanges, summary };
}
