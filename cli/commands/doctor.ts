import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { RemoteStackNotFoundError } from "../../deployment/automation/automation-errors";
import { printable } from "../../deployment/display/terminal";
import { StackNotFoundError } from "../../deployment/project/project-error";
import { environmentSecrets } from "../../deployment/values/secret-texts";
import { adoptedSchema, adoptedSetting } from "../../lib/adopted-resource";
import { readYaml } from "../../lib/located-yaml/read-yaml";
import { examine, examineHosts, uncheckedFinding } from "../../operations/doctor/examine";
import type { DoctorClouds, DoctorFinding, ExaminedStack } from "../../operations/doctor/examined-stack";
import { findStandIns } from "../../operations/doctor/stand-ins";
import { missingTools } from "../../operations/doctor/tools";
import { type DeployedResource, readDeployedResources } from "../../operations/drift/deployment-state";
import { type RehearsedStack, rehearse } from "../../sandbox/project/rehearsal";
import { installsOnMachines, stackDefinition, stackDefinitions } from "../../stacks/registry";
import { stateContainerOf } from "../../stacks/state-container";
import { hostsOf } from "../../stacks/system-hosts";
import { type CommandContext, defineCommand, done, type Outcome, writeDocument } from "../command";
import { openAccounts } from "../engines/account-clouds";
import { exitCodes } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { inOwnBackend } from "../own-backend";
import { projectDirectory } from "../project-root";
import { requireKnownStack } from "./status";

const options = sharedOption("stack", "engine", "cwd", "json") satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "What a stack lacks before it can be deployed and run: tools, sign-ins, rights, stand-ins, resource providers, zones, apps, names, what exists already, secrets, reach; each with the command that mends it. Changes nothing; exit code 2 when anything is lacking, 3 when a check could not be made.",
  options,
  examples: [
    "npm run doctor -- --engine pulumi",
    "npm run doctor -- --stack prod --engine pulumi",
    "npm run -s doctor -- --stack dev --json",
  ],
  stack: "none",
  subject: "accounts",
  run,
});

async function run(context: Context): Promise<Outcome> {
  const { stack, json = false } = context.options;
  requireKnownStack(stack);
  const names = stack === undefined ? stackDefinitions.map(({ name }) => name) : [stack];
  const all = [...(await examineMachine(context, names))];
  // What a stack makes is learned on the sandbox, also where nobody is signed in to anything.
  const stacks = stack === undefined ? names : withReadStacks(stack);
  const project = projectDirectory(context.options);
  const made = await rehearse({ directory: project, stacks, signal: context.signal });
  const clouds = await openAccounts(context.engine, project);
  try {
    for (const one of made) {
      if (names.includes(one.stack)) all.push(...(await examineStack(context, one, clouds)));
    }
  } finally {
    clouds.close();
  }
  const report = environmentSecrets().maskedValue({ findings: withoutRepetition(all) });
  if (json) writeDocument(context, report);
  else print(context, report.findings);
  return outcomeOf(report.findings);
}

/** What was not checked counts more than what is lacking: the rest is not known before somebody has signed in. */
function outcomeOf(findings: readonly DoctorFinding[]): Outcome {
  if (findings.length === 0) return done("nothing is lacking");
  const unchecked = findings.filter((finding) => finding.unchecked === true).length;
  const lacking = findings.length - unchecked;
  const exitCode = unchecked > 0 ? exitCodes.authentication : exitCodes.badConfiguration;
  const parts = [
    ...(lacking === 0 ? [] : [lacking === 1 ? "1 thing is lacking" : `${lacking} things are lacking`]),
    ...(unchecked === 0
      ? []
      : [unchecked === 1 ? "1 check could not be made" : `${unchecked} checks could not be made`]),
  ];
  return { exitCode, summary: `${parts.join(", ")}, exit code ${exitCode}` };
}

/** What only a person's machine and this checkout decide. */
async function examineMachine(
  { engine, options: given }: Context,
  stacks: readonly string[],
): Promise<readonly DoctorFinding[]> {
  const tools = await missingTools(engine, stacks, process.env);
  const findings: DoctorFinding[] = tools.map((trouble) => ({ check: "tool", stack: "", ...trouble }));
  // The sandbox knows the stand-ins: there they are no lack.
  if (engine === "pulumi") {
    const project = projectDirectory(given);
    for (const stack of stacks) {
      for (const { at, value, what, mend } of findStandIns(project, stack, stackDefinition(stack).system)) {
        findings.push({ check: "stand-in", stack, what: `${at}: ${value} is a stand-in (${what})`, mend });
      }
    }
  }
  return findings;
}

async function examineStack(
  context: Context,
  { stack, up }: RehearsedStack,
  clouds: DoctorClouds,
): Promise<readonly DoctorFinding[]> {
  if (up.result !== "succeeded") {
    const [why = up.result] = (up.errors[0] ?? "").split("\n");
    return [{ check: "program", stack, what: `its program fails: ${why}`, mend: `npm start -- --stack ${stack}` }];
  }
  const { deployed, findings } = await inOwnBackend(stack, () => readDeployed(context, stack));
  const settings = settingsOf(projectDirectory(context.options), stack);
  const planned = { planned: up.resources, imported: up.imported };
  const examined = await examine({ ...settings, ...planned, stack, deployed }, clouds);
  return [...findings, ...examined];
}

/** What a stack deployed, from its state, and what is wrong with its hosts; nothing, and why, when that cannot be read. */
async function readDeployed(
  context: Context,
  stack: string,
): Promise<{ readonly deployed: readonly DeployedResource[]; readonly findings: readonly DoctorFinding[] }> {
  try {
    const engine = await context.open(stack);
    try {
      const deployed = readDeployedResources(await engine.exportedState());
      const hosts = deployed.length > 0 && installsOnMachines(stack) ? hostsOf(stackDefinition(stack)) : undefined;
      return {
        deployed,
        findings: hosts === undefined ? [] : await examineHosts(stack, () => engine.readHosts(hosts)),
      };
    } finally {
      await engine.close();
    }
  } catch (error) {
    // Of another backend nobody knows what the stack's own has.
    const isOwn = process.env.PULUMI_BACKEND_URL?.startsWith("azblob://") === true;
    if (error instanceof StackNotFoundError || (error instanceof RemoteStackNotFoundError && isOwn))
      return { deployed: [], findings: [] };
    const mend = `az login   export PULUMI_BACKEND_URL=azblob://${stateContainerOf(stack)}`;
    return { deployed: [], findings: [uncheckedFinding("state", stack, error, mend)] };
  }
}

/** The settings that name GitHub Apps. */
const appSettings = [
  "landscape:deployingAppId",
  "landscape:previewingAppClientId",
  "landscape:deployingAppClientId",
  "landscape:proposingAppClientId",
] as const;

const appSchema = z.coerce.string().optional();

const stackFileSchema = z.looseObject({
  config: z.looseObject({
    "azure-native:subscriptionId": z.string(),
    "github:owner": z.string().default(""),
    "landscape:deployingAppId": appSchema,
    "landscape:previewingAppClientId": appSchema,
    "landscape:deployingAppClientId": appSchema,
    "landscape:proposingAppClientId": appSchema,
    [adoptedSetting]: adoptedSchema.default([]),
  }),
});

const zonesSchema = z.object({
  zones: z.array(z.looseObject({ domain: z.string(), plan: z.string().default("free") })),
});

/** What a stack's file and its system's inventory say of the accounts. */
function settingsOf(
  project: string,
  stack: string,
): Pick<ExaminedStack, "subscription" | "owner" | "apps" | "plans" | "isAdopted" | "isListed"> {
  const of = `the configuration of ${stack}`;
  const { config } = readYaml({ file: join(project, `Pulumi.${stack}.yaml`), schema: stackFileSchema, of });
  const inventory = join(project, "stacks", stackDefinition(stack).system, "inventory");
  const { zones } = readYaml({ file: join(inventory, "zones.yaml"), schema: zonesSchema, of: "the zones" });
  const files = readdirSync(inventory).filter((file) => file.endsWith(".yaml"));
  const paths = [...files.map((file) => join(inventory, file)), join(project, `Pulumi.${stack}.yaml`)];
  const texts = paths.map((path) => readFileSync(path, "utf8"));
  return {
    subscription: config["azure-native:subscriptionId"],
    owner: config["github:owner"],
    apps: appSettings.flatMap((name) => config[name] ?? []),
    plans: Object.fromEntries(zones.map(({ domain, plan }) => [domain, plan])),
    // What was there before is named in one of them.
    isAdopted: (name) => texts.some((text) => text.includes(name)),
    isListed: (type, name) => config[adoptedSetting].some((entry) => entry.type === type && entry.name === name),
  };
}

/** A stack after those that it reads from. */
function withReadStacks(stack: string): readonly string[] {
  return [...stackDefinition(stack).readsFrom.flatMap(withReadStacks), stack];
}

/** Stacks share sign-ins, subscriptions and tokens: what two of them lack is said once. */
function withoutRepetition(findings: readonly DoctorFinding[]): readonly DoctorFinding[] {
  const first = new Map<string, DoctorFinding>();
  for (const finding of findings) {
    const key = `${finding.check} ${finding.what} ${perStack.has(finding.check) ? finding.stack : ""}`;
    if (!first.has(key)) first.set(key, finding);
  }
  return [...first.values()];
}

/** Checks whose finding says nothing of another stack. */
const perStack: ReadonlySet<string> = new Set(["secret", "program", "state"]);

function print(context: Context, findings: readonly DoctorFinding[]): void {
  for (const { check, stack, what, mend } of findings) {
    context.say(`    ${check.padEnd(18)}${printable(stack === "" ? what : `${stack}: ${what}`)}`);
    context.say(context.output.paint("dim", `      ${"".padEnd(16)}${printable(mend)}`));
  }
}
