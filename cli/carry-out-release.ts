import { userInfo } from "node:os";
import { environmentSecrets } from "../deployment/values/secret-texts";
import type { DeployedService } from "../operations/delivery/app-traffic";
import type { KeptBack } from "../operations/maintenance/maintenance-window";
import { keptBackLines, tellChannel } from "../operations/maintenance/tell-windows";
import { ReleaseUnderWay } from "../operations/release/release-journal";
import type { ReleaseEnd, ReleaseTools } from "../operations/release/run-release";
import { type ServiceEnd, tellOfRelease } from "../operations/release/tell-release";
import { type CommandContext, cancelledOutcome, done, type Outcome, writeDocument } from "./command";
import { refuseWhileTakenOver } from "./commands/refresh";
import type { DeploymentEngine } from "./engines/deployment-engine";
import { exitCodes } from "./exit-codes";
import { runQuietly } from "./run-quietly";

export function whoAsks(): string {
  return process.env.GITHUB_ACTOR || userInfo().username;
}

/** Where people read what becomes of a stack's releases and windows. */
export function releaseChannel(stack: string) {
  const { RELEASE_SLACK_WEBHOOK: webhook } = process.env;
  return { stack, webhook };
}

/** Says what a window kept back to whoever runs the command, and to the channel. */
export async function sayKeptBack(context: CommandContext<object>, keptBack: KeptBack): Promise<void> {
  const lines = keptBackLines(keptBack);
  for (const line of lines) context.say(`    ${line}`);
  const untold = await tellChannel(":warning:", lines, releaseChannel(context.stack));
  if (untold !== undefined) context.say(`    ${untold}`);
}

interface Task {
  readonly service: DeployedService;
  readonly work: (tools: ReleaseTools) => Promise<ReleaseEnd>;
}

/** One service after the other; what does not end well stops the rest. The state is told what runs then. */
export async function carryOut(
  context: CommandContext<{ readonly json?: boolean; readonly leaveState?: boolean }>,
  engine: DeploymentEngine,
  tasks: readonly Task[],
): Promise<Outcome> {
  const say = (line: string) => context.say(`    ${line}`);
  const keptBack: KeptBack[] = [];
  const tools: ReleaseTools = {
    ...{ ...engine.releases, signal: context.signal, say },
    tellKeptBack: async (found) => {
      keptBack.push(found);
      await sayKeptBack(context, found);
    },
  };
  const ends: ServiceEnd[] = [];
  // Whatever a service quotes goes to the terminal, into the document and to the channel.
  const secrets = environmentSecrets();
  const note = (end: ServiceEnd) => ends.push({ ...end, text: secrets.masked(end.text) });
  const tellEnds = async () => {
    const untold = await tellOfRelease(ends, { by: whoAsks(), ...releaseChannel(context.stack) });
    if (untold !== undefined) say(untold);
  };
  let stopped = false;
  for (const { service, work } of tasks) {
    if (stopped) {
      note({ service: service.name, outcome: "not begun", text: "what comes before it did not end well" });
      continue;
    }
    try {
      note({ service: service.name, ...(await work(tools)) });
    } catch (error) {
      const outcome = error instanceof ReleaseUnderWay ? "refused" : "interrupted";
      note({ service: service.name, outcome, text: error instanceof Error ? error.message : String(error) });
      if (outcome === "interrupted") {
        await tellEnds();
        if (!context.signal.aborted) throw error;
        return cancelledOutcome(context, "what is done is kept, and goes on from there; or npm run rollback");
      }
    }
    const wanted = context.command === "rollback" ? "rolled-back" : "released";
    stopped = !["released", "unchanged", wanted].includes(ends.at(-1)?.outcome ?? "");
  }
  const urns = tasks.map(({ service }) => service.urn);
  if (context.options.leaveState !== true) await tellState(context, engine, urns);
  for (const { service, outcome, text } of ends) context.say(`${service} ${outcome}: ${text}`);
  await tellEnds();
  if (context.options.json === true) writeDocument(context, { stack: context.stack, services: ends, keptBack });
  const told = ends.map(({ service, outcome }) => `${service} ${outcome}`).join(", ");
  if (!stopped) return done(told);
  const exitCode = exitCodes[ends.some(({ outcome }) => outcome === "refused") ? "policy" : "resource"];
  return { exitCode, summary: `${told}, exit code ${exitCode}` };
}

/** Takes what runs into the state, so that the next preview has nothing to say of it. That it cannot is no failure of the release. */
async function tellState(
  context: CommandContext<object>,
  engine: DeploymentEngine,
  urns: readonly string[],
): Promise<void> {
  try {
    await refuseWhileTakenOver(context);
    const about = { ...context, options: { target: urns } };
    const { result } = await runQuietly(about, engine, { kind: "refresh", previewOnly: false });
    if (result === "succeeded") return;
  } catch (error) {
    context.say(`    ${error instanceof Error ? error.message : String(error)}`);
  }
  context.say("    the state was not told: the next preview shows the image once more, and changes nothing");
}
