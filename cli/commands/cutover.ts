import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { writeAtomically } from "../../lib/atomic-file";
import { closestName } from "../../lib/closest-name";
import {
  type CutoverPlace,
  cutoverPlace,
  type Migration,
  withMigration,
  withState,
} from "../../operations/cutover/cutover-place";
import { type CutoverEnd, haveMoved, runCutover } from "../../operations/cutover/run-cutover";
import { allSites } from "../../stacks/registry";
import type { SystemSite } from "../../stacks/system-sites";
import { type CommandContext, cancelledOutcome, commandLine, defineCommand, type Outcome } from "../command";
import { confirm, requireTerminal } from "../confirmation";
import type { DeploymentEngine } from "../engines/deployment-engine";
import { badOption, exitCodes } from "../exit-codes";
import { takeMachineLock } from "../machine-lock";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { projectDirectory } from "../project-root";
import { wholeNumber } from "../whole-number";
import { deploy } from "./up";

const options = {
  site: { flags: "--site <domain>", description: "the site, as the inventory calls it" },
  back: { flags: "--back", description: "to where it was before" },
  wait: { flags: "--wait", description: "somebody else deploys, after a review: edit the inventory, and watch" },
  acceptSize: { flags: "--accept-size", description: "the copy may be of another size than the site" },
  timeout: {
    flags: "--timeout <seconds>",
    description: "how long is waited for Pages, or for the others",
    default: 3600,
  },
  ...sharedOption("engine", "cwd", "policyPack", "dryRun", "yes"),
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "Move a site's names to its Pages project: check the copy, lower the TTL, write the inventory, deploy it, wait for the certificate, measure, log. The same command goes on after an interruption. docs/sites.md says more.",
  options,
  examples: [
    "npm run cutover -- --site getdrop.no --dry-run",
    "npm run cutover -- --site getdrop.no",
    "npm run cutover -- --site getdrop.no --wait --engine pulumi",
    "npm run cutover -- --site getdrop.no --back",
  ],
  stack: "none",
  subject: "sites",
  deploys: true,
  run,
});

async function run(context: Context): Promise<Outcome> {
  const { yes = false, dryRun = false, back = false, acceptSize = false, wait = false } = context.options;
  const timeoutSeconds = wholeNumber("--timeout", context.options.timeout ?? "3600", { least: 1, most: 86_400 });
  if (!yes && !dryRun) requireTerminal({ withoutAsking: commandLine(context, "cutover", "--yes") });
  const root = projectDirectory(context.options);
  const { site, stack } = findSite(context, root);
  const directory = join(root, ".report", stack, "cutover");
  const release = takeMachineLock(join(directory, `${site.domain}.lock`), "cutover", `the cut-over of ${site.domain}`);
  const engine = await context.open(stack);
  try {
    if (!dryRun) await engine.requireUnlocked();
    const place = cutoverPlace(site, await engine.exportedState());
    if (typeof place === "string") throw badOption(place);
    const evidence = join(directory, `${site.domain}.json`);
    const end = await runCutover(
      place,
      { back, acceptSize, wait, timeoutSeconds, dryRun },
      {
        cloud: engine.sites,
        signal: context.signal,
        say: (line) => context.say(line),
        agree: () => agree(context, site.domain),
        setState: (state) => writeState(site, state),
        deploy: (beforeApplying) =>
          deployOrWait({ ...context, stack }, engine, place, { timeoutSeconds, beforeApplying }),
        readEvidence: () => (existsSync(evidence) ? JSON.parse(readFileSync(evidence, "utf8")) : undefined),
        writeEvidence: (kept) => writeAtomically(evidence, `${JSON.stringify(kept, undefined, 2)}\n`),
      },
    );
    if (end.migration !== undefined) log(context, root, directory, end.migration);
    return outcomeOf(context, end);
  } finally {
    await engine.close();
    release();
  }
}

/** @throws {CommandError} naming those that there are */
function findSite(
  { options: { site: name } }: Context,
  root: string,
): { readonly site: SystemSite; readonly stack: string } {
  const all = allSites(root).flatMap(({ stack, sites }) => sites.map((site) => ({ site, stack })));
  const names = all.map(({ site }) => site.domain);
  if (name === undefined) throw badOption(`--site says which: ${names.join(", ")}`);
  const found = all.find(({ site }) => site.domain === name);
  if (found !== undefined) return found;
  const meant = closestName(name, names);
  throw badOption(
    `no inventory has a site "${name}"${meant === undefined ? `: ${names.join(", ")}` : `; did you mean "${meant}"?`}`,
  );
}

async function agree(context: Context, domain: string): Promise<boolean> {
  if (context.options.yes === true) return true;
  const withoutAsking = commandLine(context, "cutover", "--yes");
  return confirm({ question: `Move ${domain}`, answer: domain, withoutAsking });
}

function writeState({ statePlace }: SystemSite, state: "on-pages" | "to-migrate"): void {
  const [, file = "", line = ""] = /^(.*):(\d+):\d+$/.exec(statePlace) ?? [];
  const path = resolve(file);
  writeAtomically(path, withState(readFileSync(path, "utf8"), Number(line), state));
}

const { stackNotFound: _, unexpectedChanges: __, ...possibleCodes } = exitCodes;
/** How a cut-over can end. */
const cutoverCodes = Object.values(possibleCodes);

async function deployOrWait(
  context: Context,
  engine: DeploymentEngine,
  place: CutoverPlace,
  { timeoutSeconds, beforeApplying }: { readonly timeoutSeconds: number; readonly beforeApplying: () => Promise<void> },
): Promise<CutoverEnd | undefined> {
  if (context.options.wait !== true) {
    const consent = context.options.yes === true ? "go" : "ask";
    const { exitCode, summary } = await deploy(context, engine, consent, { beforeApplying });
    const code = cutoverCodes.find((each) => each === exitCode) ?? exitCodes.error;
    return code === exitCodes.done
      ? undefined
      : { exitCode: code, outcome: summary.replace(/^cancelled by you; |, exit code.*/gs, "") };
  }
  const { clock } = engine.sites;
  const until = clock.now().getTime() + timeoutSeconds * 1000;
  context.say(
    `    commit ${place.line.replace(/:\d+$/, "")}, and have it reviewed, merged and approved; watching meanwhile`,
  );
  while (!(await haveMoved(engine.sites, place, context.options.back === true))) {
    if (context.signal.aborted) return { exitCode: exitCodes.cancelled, outcome: "nobody has deployed it yet" };
    if (clock.now().getTime() >= until)
      return { exitCode: exitCodes.timeout, outcome: `nobody deployed it within ${timeoutSeconds} s` };
    await clock.pause(5000, context.signal);
  }
  return undefined;
}

/** Rehearsals have a log of their own. */
function log(context: Context, root: string, directory: string, migration: Migration): void {
  const isReal = context.engine === "pulumi";
  const path = isReal ? join(root, "docs", "sites.md") : join(directory, "log.md");
  writeAtomically(path, withMigration(existsSync(path) ? readFileSync(path, "utf8") : "", migration));
  context.say(`    logged in ${isReal ? "docs/sites.md: commit it" : path}`);
}

function outcomeOf(context: Context, { exitCode, outcome }: CutoverEnd): Outcome {
  if (exitCode === exitCodes.done) return { exitCode, summary: outcome };
  if (exitCode === exitCodes.cancelled) return cancelledOutcome(context, outcome);
  const again = exitCode === exitCodes.policy ? "" : `; run it again:\n    ${commandLine(context, "cutover")}`;
  return { exitCode, summary: `${outcome}, exit code ${exitCode}${again}` };
}
