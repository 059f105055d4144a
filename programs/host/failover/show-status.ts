import { type HostExitCode, hostExitCodes } from "../host-exit-codes";
import { type HostSettings, readSettings } from "../host-settings";
import { situationOf } from "./evidence";
import { type FailoverObservation, observe, openFailoverEnvironment } from "./observation";

/** The options of `status`. */
export interface StatusArguments {
  readonly json: boolean;
  readonly settings: string;
}

/** `host.mjs status`: which host is primary, by the lease, both hosts and the DNS record. */
export async function showStatus(args: StatusArguments, signal: AbortSignal): Promise<HostExitCode> {
  const settings = readSettings(args.settings);
  const seen = await observe(await openFailoverEnvironment(settings, signal));
  const problems = disagreements(settings, seen);
  if (args.json) process.stdout.write(`${JSON.stringify({ ...situationOf(seen), problems }, undefined, 2)}\n`);
  else
    process.stdout.write(`${[...statusLines(seen), ...problems.map((problem) => `PROBLEM  ${problem}`)].join("\n")}\n`);
  return problems.length === 0 ? hostExitCodes.done : hostExitCodes.refused;
}

/** Where lease, hosts and record say different things. */
export function disagreements(
  { hosts }: HostSettings,
  { lease, name, hosts: answers }: FailoverObservation,
): readonly string[] {
  const found = lease.kind === "found" ? lease.lease : undefined;
  const problems = found === undefined ? [`the lease is ${lease.kind}`] : [];
  const address = hosts.find((host) => host.name === found?.primary)?.address;
  if (found !== undefined && name.kind === "read" && name.address !== address) {
    problems.push(`the name points at ${name.address}; the lease's primary ${found.primary} is at ${address}`);
  }
  if (found !== undefined && name.kind === "unreadable") problems.push(`the name cannot be read: ${name.why}`);
  for (const [host, answer] of Object.entries(answers)) {
    if (answer.kind === "silent") problems.push(`${host} is silent: ${answer.why}`);
    else if (found !== undefined && answer.status.role?.role === "primary" && host !== found.primary)
      problems.push(`${host} acts as primary; term ${found.term} is ${found.primary}'s`);
    else problems.push(...answer.status.problems.map(({ text }) => `${host}: ${text}`));
  }
  return problems;
}

function statusLines(seen: FailoverObservation): readonly string[] {
  const { lease, name, hosts } = situationOf(seen);
  const term =
    typeof lease === "string"
      ? lease
      : `term ${lease.term}, primary ${lease.primary}, ${lease.phase.kind}, since ${lease.takenAt} (${lease.reason})`;
  return [
    `lease    ${term}`,
    `name     ${name}`,
    ...Object.entries(hosts).map(([host, at]) => {
      if (typeof at === "string") return `${host.padEnd(8)} ${at}`;
      return `${host.padEnd(8)} ${at.status}, ${at.role} of term ${at.term}, ${at.databases} databases, at most ${at.worstLagSeconds.toFixed(1)} s behind`;
    }),
  ];
}
