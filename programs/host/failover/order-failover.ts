import { HostError, type HostExitCode, hostExitCodes } from "../host-exit-codes";
import { type HostSettings, readSettings } from "../host-settings";
import { keepEvidence } from "./evidence";
import { acceptedRisks, type FailoverArguments, type FailoverRequest } from "./failover-options";
import { openFailoverEnvironment } from "./observation";
import type { StepName } from "./plan-failover";
import { runFailover } from "./run-failover";
import { confirmByTyping } from "./typed-confirmation";

/** `host.mjs failover`: runs it, tells the person, keeps the evidence. */
export async function orderFailover(args: FailoverArguments, signal: AbortSignal): Promise<HostExitCode> {
  const settings = readSettings(args.settings);
  const request = requestOf(args, settings);
  const stream = args.json ? process.stderr : process.stdout;
  const say = (line: string): void => {
    stream.write(`${line}\n`);
  };
  say(`failover · to ${request.to}${request.planned ? " · planned" : ""}${args.dryRun ? " · dry run" : ""}`);
  const agree = (steps: readonly StepName[]): Promise<boolean> =>
    args.yes ? Promise.resolve(true) : confirmFailover(request, steps, say);
  const evidence = await runFailover(
    request,
    await openFailoverEnvironment(settings, signal),
    { say, agree },
    { dryRun: args.dryRun },
  );
  if (evidence.steps.length > 0) say(`evidence: ${tryToKeepEvidence(settings.root, evidence)}`);
  if (args.json) process.stdout.write(`${JSON.stringify(evidence, undefined, 2)}\n`);
  const time =
    evidence.seconds === undefined
      ? ""
      : `, ${evidence.seconds.toFixed(1)} s, and ${evidence.nameTtlSeconds} s for the name's caches`;
  say(`failover · ${evidence.outcome}${time}${evidence.exitCode === 0 ? "" : `, exit code ${evidence.exitCode}`}`);
  return evidence.exitCode;
}

/** @throws HostError with everything that is wrong with the options */
export function requestOf(args: FailoverArguments, { hosts }: HostSettings): FailoverRequest {
  const intended = hosts.find(({ intendedRole }) => intendedRole === "primary")?.name;
  const names = hosts.map(({ name }) => name);
  const to = args.to ?? (args.back ? intended : undefined);
  const problems: string[] = [];
  if (to === undefined) problems.push(`say where to: --to ${names.join(" or --to ")}, or --back`);
  else if (!names.includes(to)) problems.push(`no host "${to}"; there are ${names.join(" and ")}`);
  else if (args.back && to !== intended) problems.push(`--back leads to ${intended}, not to ${to}`);
  if (args.primaryIsLost && (args.planned || args.back))
    problems.push("a lost primary cannot hand over: --primary-is-lost or --planned, not both");
  if (to === undefined || problems.length > 0) throw new HostError(hostExitCodes.badConfiguration, problems.join("; "));
  const planned = args.planned || args.back;
  return {
    to,
    planned,
    reason: args.reason ?? (planned ? `planned, to ${to}` : `failover to ${to}`),
    accepted: acceptedRisks(args),
    timeoutSeconds: args.timeout,
  };
}

function confirmFailover(
  { to }: FailoverRequest,
  steps: readonly StepName[],
  say: (line: string) => void,
): Promise<boolean> {
  for (const step of steps) say(`will: ${step}`);
  return confirmByTyping(`Make ${to} the primary?`, to);
}

/** A failover on a full disk has still happened. */
function tryToKeepEvidence(root: string, evidence: Parameters<typeof keepEvidence>[1]): string {
  try {
    return keepEvidence(root, evidence);
  } catch (error) {
    return `not kept (${error instanceof Error ? error.message : error}); --json prints it`;
  }
}
