import { RemoteStackNotFoundError } from "../../deployment/automation/automation-errors";
import type { OperationLog } from "../../deployment/display/operation-log";
import { loadPolicyPack } from "../../deployment/policies/load-policy-pack";
import type { PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import { StackNotFoundError } from "../../deployment/project/project-error";
import { loadProject } from "../../deployment/project/project-file";
import { type DeployedResource, readDeployedResources } from "../../operations/drift/deployment-state";
import type { SourceLine } from "../../operations/drift/drift-finding";
import { driftDocument, driftTable } from "../../operations/drift/drift-table";
import { isFailoverName, type PrimaryAddress } from "../../operations/drift/failover-names";
import { type FiledDrift, fileDrift, filingSettings } from "../../operations/drift/file-drift";
import { type DriftReport, findDrift } from "../../operations/drift/find-drift";
import { readNoise } from "../../operations/drift/noise";
import type { UnmanagedRequest } from "../../operations/drift/unmanaged";
import { primaryAddress } from "../../operations/failover/primary-address";
import { resourceLocator, stackSources } from "../../operations/report/source-location";
import { expectedObjectsOf, stackDefinition, stackDefinitions } from "../../stacks/registry";
import { hostsOf } from "../../stacks/system-hosts";
import {
  type CommandContext,
  commandLine,
  defineCommand,
  done,
  neverDeployedError,
  type Outcome,
  writeDocument,
} from "../command";
import type { DeploymentEngine } from "../engines/deployment-engine";
import { CommandError, exitCodes } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { policyPackDirectories, projectDirectory } from "../project-root";
import { failedOutcome, sayErrors } from "../run-and-print";
import { runQuietly } from "../run-quietly";

const options = {
  ...sharedOption("stack", "engine", "cwd", "policyPack", "json", "diff", "target"),
  file: {
    flags: "--file",
    description:
      "keep the stack's issue in GITHUB_REPOSITORY with RUN_TOKEN or GITHUB_TOKEN: open, update, close it; DRIFT_SLACK_WEBHOOK is told what is new",
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
    if (readDeployedResources(await engine.exportedState()).length === 0) throw neverDeployedError(context);
    const refresh = await runQuietly(context, engine, { kind: "refresh", previewOnly: true });
    const preview = await runQuietly(context, engine, { kind: "preview", previewOnly: true });
    for (const each of [refresh, preview]) {
      // What breaks a policy is still a plan to compare with.
      const failed = each.failure === "policy" ? undefined : failedOutcome(context, each, "nothing was compared");
      if (failed === undefined) continue;
      sayErrors(context, each.log);
      const exitCode = failed.exitCode === exitCodes.cancelled ? failed.exitCode : exitCodes.error;
      return { exitCode, summary: failed.summary.replace(/exit code \d+$/, `exit code ${exitCode}`) };
    }
    const deployed = readDeployedResources(await engine.exportedState());
    const report = await findDrift({
      stack: context.stack,
      refresh: refresh.log,
      preview: preview.log,
      deployed,
      primaryAddress: await primaryAddressFor(context, engine, deployed),
      unmanaged: target.length > 0 ? undefined : ownPlaces(context, engine),
      noise,
      policies,
      locate: resourceLines(context, preview.log, refresh.log),
      commandLine: (command, ...options) => commandLine(context, command, ...options),
    });
    const filed = await fileOrPrint(context, filing, report);
    for (const line of driftTable(report, filed?.tracked ?? [])) context.say(line);
    if (filed !== undefined) context.say(`issue ${filed.what}${filed.url === undefined ? "" : `: ${filed.url}`}`);
    if (filed?.look !== undefined) context.say(`looked at today, noted in ${filed.look}`);
    if (json) writeDocument(context, driftDocument(report, filed?.tracked ?? []));
    return outcome(report);
  } finally {
    await engine.close();
    for (const pack of policies) await pack.close();
  }
}

/** What was found is shown also when it cannot be filed: then the run's log is all there is. That ends with exit code 1, whatever failed. */
async function fileOrPrint(
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

/** The packs of a command, to be asked about what is really there. Whoever loads them closes them. */
function loadPolicyPacks({ options, stack }: CommandContext): Promise<PolicyAnalyzer[]> {
  const { project } = loadProject(projectDirectory(options));
  const about = { organization: "organization", project: project.name, stack, dryRun: false, config: new Map() };
  return Promise.all(policyPackDirectories(options).map((directory) => loadPolicyPack(directory, about)));
}

/** How to list what is in a stack's places and whose it is. Another project's stacks are not known here: its own state decides alone. */
function ownPlaces(context: CommandContext, { inventory }: DeploymentEngine): Omit<UnmanagedRequest, "deployed"> {
  const isOwn = context.options.cwd === undefined;
  const others = isOwn ? stackDefinitions.map(({ name }) => name).filter((name) => name !== context.stack) : [];
  return {
    lister: inventory,
    otherStates: async () => {
      const found: DeployedResource[] = [];
      for (const stack of others) found.push(...(await readDeployedIn(context, stack)));
      return found;
    },
    inventoried: isOwn ? expectedObjectsOf(stackDefinition(context.stack)) : new Set(),
  };
}

/** A stack that nobody has deployed yet owns nothing. Any other trouble ends the command: what it owns would look like nobody's. */
async function readDeployedIn(context: CommandContext, stack: string): Promise<readonly DeployedResource[]> {
  try {
    const engine = await context.open(stack);
    try {
      return readDeployedResources(await engine.exportedState());
    } finally {
      await engine.close();
    }
  } catch (error) {
    if (error instanceof StackNotFoundError || error instanceof RemoteStackNotFoundError) return [];
    throw error;
  }
}

/** What the stack's failover name has to be compared with; nothing for a stack without one. */
async function primaryAddressFor(
  { stack, say }: CommandContext,
  engine: DeploymentEngine,
  deployed: readonly DeployedResource[],
): Promise<PrimaryAddress | undefined> {
  if (!deployed.some(isFailoverName)) return undefined;
  const hosts = hostsOf(stackDefinition(stack));
  const address = primaryAddress(hosts, await engine.readLease(hosts));
  if (address.kind === "unknown") say(`the failover name is not compared with the lease: ${address.why}`);
  return address;
}

/** The line that made a resource: of those in the program by the preview, of the others by what the state knew of them. */
function resourceLines(
  { options, stack }: CommandContext,
  preview: OperationLog,
  refresh: OperationLog,
): (urn: string) => SourceLine | undefined {
  const { project } = loadProject(projectDirectory(options));
  const sources = stackSources(project.root, stack, project.main);
  const [declared, deployed] = [resourceLocator(preview, sources), resourceLocator(refresh, sources)];
  return (urn) => (preview.rows.has(urn) ? declared(urn) : deployed(urn));
}
