import { readFileSync, writeFileSync } from "node:fs";
import type { StepEventMetadata } from "@pulumi/pulumi/automation";
import type { OperationLog, ResourceRow } from "../../deployment/display/operation-log";
import { resourcePropertyLines } from "../../deployment/display/resource-properties";
import { plainPaint, printable } from "../../deployment/display/terminal";
import { treeType } from "../../deployment/display/urn-text";
import { StackNotFoundError } from "../../deployment/project/project-error";
import { loadProject } from "../../deployment/project/project-file";
import { listStackFiles, readStackFile, stackFilePath } from "../../deployment/project/pulumi-stack-file";
import { type AdoptedResource, adoptedSchema, adoptedSetting } from "../../lib/adopted-resource";
import { isJsonObject } from "../../lib/json-value";
import { withAdopted } from "../../operations/adopt/adopted-entries";
import { type AdoptionFinding, findExisting, type WantedResource } from "../../operations/adopt/find-existing";
import { readDeployedResources } from "../../operations/drift/deployment-state";
import { type CommandContext, commandLine, defineCommand, type Outcome, writeDocument } from "../command";
import type { DeploymentEngine } from "../engines/deployment-engine";
import { exitCodes } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { projectDirectory } from "../project-root";
import { failedOutcome, type LoggedResult, sayErrors } from "../run-and-print";
import { runQuietly } from "../run-quietly";

const options = {
  ...sharedOption("stack", "engine", "cwd", "policyPack", "json", "dryRun"),
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "Look for what exists among what a stack would make, and have the next up take it over. Writes ids into the stack's file; changes nothing else.",
  options,
  examples: [
    "npm run adopt -- --stack prod",
    "npm run adopt -- --stack prod --dry-run",
    "npm run -s adopt -- --stack prod --json",
  ],
  stack: "dev",
  deploys: true,
  run,
});

/**
 * Two previews: what the first would make is looked for, and what is there is listed in the stack's file. The second says what taking it
 * over changes; where an engine refuses it, or would replace something, the file is put back.
 */
async function run(context: Context): Promise<Outcome> {
  const file = loadProject(projectDirectory(context.options));
  const stackFile = readStackFile(file, context.stack);
  const path = stackFilePath(file, context.stack);
  if (stackFile === undefined) throw new StackNotFoundError(context.stack, listStackFiles(file), path);
  const before = readFileSync(path, "utf8");
  const listed = adoptedSchema.catch([]).parse(stackFile.config[adoptedSetting] ?? []);
  const setting = (name: string) => String(stackFile.config[name] ?? "");

  const first = await preview(context, async (engine, { log }) => {
    const deployed = new Set(readDeployedResources(await engine.exportedState()).map(({ urn }) => urn));
    const things = engine.existing({ githubOwner: setting("github:owner") });
    return {
      log,
      deployed,
      findings: await findExisting(planned(log), things, setting("azure-native:subscriptionId")),
    };
  });
  if ("exitCode" in first) return first;
  const { log, deployed, findings } = first;
  const rows = new Map([...log.rows.values()].map((row) => [`${row.type} ${row.name}`, row]));
  const ahead = listed.filter(({ type, name }) => {
    const row = rows.get(`${type} ${name}`);
    return row !== undefined && !deployed.has(row.urn);
  });
  const found = findings.flatMap((finding): AdoptedResource[] =>
    finding.found === "adoptable" ? [{ type: finding.planned.type, name: finding.planned.name, id: finding.id }] : [],
  );
  const entries = [...ahead, ...found];
  const after = withAdopted(before, entries);
  const done = listed.length - ahead.length;

  let taken = log;
  let isWritten = false;
  if (after !== before) {
    writeFileSync(path, after);
    try {
      const second = await preview(context, async (_, result) => result.log);
      if ("exitCode" in second) return second;
      taken = second;
      isWritten = context.options.dryRun !== true && replacedBy(second).length === 0;
    } finally {
      if (!isWritten) writeFileSync(path, before);
    }
  }
  const changing = [...taken.rows.values()].filter(({ steps }) => steps.has("import") && steps.has("update"));
  return tell(context, {
    entries,
    found,
    findings: [...findings, ...replacedBy(taken)],
    changing,
    done,
    isWritten,
  });
}

/** What could be taken over and then only be replaced. A preview of Pulumi warns of it, and its `up` stops there half-way. */
function replacedBy({ rows }: OperationLog): readonly AdoptionFinding[] {
  return [...rows.values()].flatMap(({ type, name, steps }): AdoptionFinding[] => {
    const replacement = steps.get("create-replacement");
    if (!steps.has("import") || replacement === undefined) return [];
    const planned = { type, name, inputs: replacement.new?.inputs ?? {} };
    return [{ found: "different", planned, properties: replacement.keys ?? [] }];
  });
}

/** Previews the stack, and asks something of the engine while it is open. */
async function preview<Answer>(
  context: Context,
  ask: (engine: DeploymentEngine, result: LoggedResult) => Promise<Answer>,
): Promise<Answer | Outcome> {
  const engine = await context.open();
  try {
    const result = await runQuietly(context, engine, { kind: "preview", previewOnly: true });
    // What breaks a policy is still a plan; so is what replaces something protected.
    const isPlan = result.failure === "policy" || replacedBy(result.log).length > 0;
    const failed = isPlan ? undefined : failedOutcome(context, result, "nothing was written");
    if (failed === undefined) return await ask(engine, result);
    sayErrors(context, result.log);
    return failed;
  } finally {
    await engine.close();
  }
}

/** What a deployment would make that no engine has yet. */
function planned(log: OperationLog): readonly WantedResource[] {
  return [...log.rows.values()].flatMap(({ type, name, isComponent, steps }) => {
    const inputs = steps.get("create")?.new?.inputs;
    return isComponent || type.startsWith("pulumi:") || !isJsonObject(inputs) ? [] : [{ type, name, inputs }];
  });
}

/** How many lines of one resource's changes are shown. */
const shownLines = 12;

interface Told {
  /** Everything that the file lists. */
  readonly entries: readonly AdoptedResource[];
  /** Those of them that were found now. */
  readonly found: readonly AdoptedResource[];
  readonly findings: readonly AdoptionFinding[];
  /** Rows of those that the deployment changes. */
  readonly changing: readonly ResourceRow[];
  /** How many entries went: their resources are in the state, or not in the program any more. */
  readonly done: number;
  readonly isWritten: boolean;
}

function tell(context: Context, told: Told): Outcome {
  const { entries, findings, changing, done, isWritten } = told;
  const problems = findings.filter(({ found }) => found !== "adoptable");
  if (context.options.json === true) writeDocument(context, document(context, told));
  else for (const line of lines(context, told, problems)) context.say(line);
  const parts = [
    `${entries.length} to take over`,
    ...(changing.length === 0 ? [] : [`${changing.length} of them to change`]),
    ...(done === 0 ? [] : [`${done} taken off the list`]),
    ...(problems.length === 0 ? [] : [`${problems.length} in the way, exit code ${exitCodes.badConfiguration}`]),
  ];
  const refused = context.options.dryRun === true || findings.some(({ found }) => found === "different");
  const written = refused ? "nothing written" : isWritten ? "written" : "nothing to write";
  return {
    exitCode: problems.length === 0 ? exitCodes.done : exitCodes.badConfiguration,
    summary: `${written}: ${parts.join(", ")}`,
    unchanged: !isWritten,
  };
}

function lines(
  context: Context,
  { entries, found, changing }: Told,
  problems: readonly AdoptionFinding[],
): readonly string[] {
  const isNew = new Set(found);
  return [
    ...problems.flatMap((problem) => problemLines(problem)),
    ...(entries.length === 0 ? [] : ["Taken over by the next up:"]),
    ...entries.map(
      (entry) => `  ${isNew.has(entry) ? "+" : " "} ${treeType(entry.type, false)} ${entry.name}: ${entry.id}`,
    ),
    ...(changing.length === 0 ? [] : ["And changed by it:"]),
    ...changing.flatMap(({ type, name, steps }) => [
      `  ~ ${treeType(type, false)} ${name}`,
      ...beginning(changes(steps.get("update"))).map((line) => `      ${line}`),
    ]),
    ...(entries.length === 0 ? [] : ["", "Next:", `    ${commandLine(context, "preview", "--diff")}`]),
  ];
}

function changes(step: StepEventMetadata | undefined): readonly string[] {
  return step === undefined ? [] : resourcePropertyLines(step, false, plainPaint);
}

/** A policy file has hundreds of lines; the preview that comes next has them all. */
function beginning(told: readonly string[]): readonly string[] {
  return told.length <= shownLines ? told : [...told.slice(0, shownLines), `… ${told.length - shownLines} more lines`];
}

function problemLines(finding: AdoptionFinding): readonly string[] {
  if (finding.found === "adoptable") return [];
  const { type, name } = finding.planned;
  const what = `  ! ${treeType(type, false)} ${name}`;
  if (finding.found === "in-the-way") {
    const instead = "say so in the inventory, or delete it when the name is to lead elsewhere";
    return [printable(`${what} cannot be made: ${finding.what} is there; ${instead}`)];
  }
  if (finding.found === "different") {
    const instead = "say in the inventory what is there, or delete what is there";
    return [printable(`${what} is there, and ${finding.properties.join(", ")} cannot be changed in place; ${instead}`)];
  }
  return [
    printable(`${what} is there ${finding.ids.length} times; list the one that is meant: ${finding.ids.join(", ")}`),
  ];
}

function document({ stack }: Context, { entries, findings, changing, done, isWritten }: Told) {
  return {
    stack,
    written: isWritten,
    adopted: entries,
    changed: changing.map(({ urn, steps }) => ({ urn, changes: changes(steps.get("update")) })),
    takenOff: done,
    inTheWay: findings.filter(({ found }) => found !== "adoptable"),
  };
}
