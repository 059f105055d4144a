import { createInterface } from "node:readline/promises";
import { HostError, type HostExitCode, hostExitCodes } from "../host-exit-codes";
import type { HostSettings } from "../host-settings";
import { readSettings } from "../settings-file";
import type { FailoverWords } from "./command-words";
import { keepEvidence } from "./evidence";
import type { FailoverRequest } from "./failover-request";
import type { StepName } from "./plan-failover";
import { runFailover } from "./run-failover";
import { realSurroundings } from "./surroundings";

/** `host.mjs failover`: runs it, tells the person, keeps the evidence. */
export async function orderFailover(words: FailoverWords, signal: AbortSignal): Promise<HostExitCode> {
  const settings = readSettings(words.settings);
  const request = requestOf(words, settings);
  const stream = words.json ? process.stderr : process.stdout;
  const say = (line: string): void => {
    stream.write(`${line}\n`);
  };
  say(`failover · to ${request.to}${request.planned ? " · planned" : ""}${words.dryRun ? " · dry run" : ""}`);
  const agree = (steps: readonly StepName[]): Promise<boolean> =>
    words.yes ? Promise.resolve(true) : asked(request, steps, say);
  const evidence = await runFailover(
    request,
    await realSurroundings(settings, signal),
    { say, agree },
    { dryRun: words.dryRun },
  );
  if (evidence.steps.length > 0) say(`evidence: ${kept(settings.root, evidence)}`);
  if (words.json) process.stdout.write(`${JSON.stringify(evidence, undefined, 2)}\n`);
  const time =
    evidence.seconds === undefined
      ? ""
      : `, ${evidence.seconds.toFixed(1)} s, and ${evidence.nameTtlSeconds} s for the name's caches`;
  say(`failover · ${evidence.outcome}${time}${evidence.exitCode === 0 ? "" : `, exit code ${evidence.exitCode}`}`);
  return evidence.exitCode;
}

/** @throws HostError with everything that is wrong with the options */
export function requestOf(words: FailoverWords, { hosts }: HostSettings): FailoverRequest {
  const intended = hosts.find(({ intendedRole }) => intendedRole === "primary")?.name;
  const names = hosts.map(({ name }) => name);
  const to = words.to ?? (words.back ? intended : undefined);
  const problems: string[] = [];
  if (to === undefined) problems.push(`say where to: --to ${names.join(" or --to ")}, or --back`);
  else if (!names.includes(to)) problems.push(`no host "${to}"; there are ${names.join(" and ")}`);
  else if (words.back && to !== intended) problems.push(`--back leads to ${intended}, not to ${to}`);
  if (words.primaryIsLost && (words.planned || words.back))
    problems.push("a lost primary cannot hand over: --primary-is-lost or --planned, not both");
  if (to === undefined || problems.length > 0) throw new HostError(hostExitCodes.badConfiguration, problems.join("; "));
  const planned = words.planned || words.back;
  return {
    to,
    planned,
    reason: words.reason ?? (planned ? `planned, to ${to}` : `failover to ${to}`),
    accepted: {
      lagSeconds: words.acceptLag,
      incomplete: words.acceptIncomplete,
      unhealthy: words.acceptUnhealthy,
      primaryIsLost: words.primaryIsLost,
      withoutName: words.withoutName,
    },
    timeoutSeconds: words.timeout,
  };
}

async function asked(
  { to }: FailoverRequest,
  steps: readonly StepName[],
  say: (line: string) => void,
): Promise<boolean> {
  for (const step of steps) say(`will: ${step}`);
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) {
    throw new HostError(
      hostExitCodes.badConfiguration,
      "there is no terminal to ask on, and nothing was changed. To go on without asking: --yes",
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`Make ${to} the primary? Type ${to} to go on: `)).trim() === to;
  } finally {
    terminal.close();
  }
}

/** A failover on a full disk has still happened. */
function kept(root: string, evidence: Parameters<typeof keepEvidence>[1]): string {
  try {
    return keepEvidence(root, evidence);
  } catch (error) {
    return `not kept (${error instanceof Error ? error.message : error}); --json prints it`;
  }
}
