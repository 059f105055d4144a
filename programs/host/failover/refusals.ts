import type { DatabaseStatus } from "../agents/health/host-status";
import type { Lease } from "../lease/lease";
import type { FailoverRequest } from "./failover-options";
import type { FailoverObservation } from "./observation";

/** Why a failover is not begun, and how to do it all the same. */
export interface Refusal {
  readonly why: string;
  /** The option that takes the risk, and what it costs; nothing where no option helps. */
  readonly override?: string | undefined;
}

/** Whether the primary may be replaced in the way that was asked for. */
export function stepDownRefusals(
  lease: Lease,
  request: FailoverRequest,
  seen: FailoverObservation,
): readonly Refusal[] {
  const { phase, primary } = lease;
  if (phase.kind !== "serving" && phase.to !== request.to) {
    return [{ why: `term ${lease.term} is being handed over to ${phase.to}, not to ${request.to}` }];
  }
  if (phase.kind === "fenced") return [];
  const answer = seen.hosts[primary];
  const isAlive = answer?.kind === "answers";
  if (request.planned && !isAlive) {
    const why = answer?.kind === "silent" ? answer.why : "unknown host";
    return [{ why: `${primary} cannot hand over: ${why}`, override: "leave --planned out if it is gone for good" }];
  }
  // A handover that has begun is finished, not broken off.
  if (request.planned || !isAlive || phase.kind === "handover" || request.accepted.primaryIsLost) return [];
  return [
    {
      why: `${primary} answers, and serves in term ${lease.term}`,
      override:
        "--planned hands over without loss; --primary-is-lost replaces it, and sets aside there what it has not sent",
    },
  ];
}

/** Whether the standby can take over. */
export function standbyRefusals(
  lease: Lease,
  { to, accepted }: FailoverRequest,
  seen: FailoverObservation,
): readonly Refusal[] {
  const answer = seen.hosts[to];
  if (answer?.kind !== "answers") return [{ why: `${to} does not answer: ${answer?.why ?? "unknown host"}` }];
  const { role, databases, problems } = answer.status;
  if (role === undefined || role.role !== "standby") {
    return [{ why: `${to} is ${role?.role ?? "without a role"}; expected standby. See its logs/lease.log` }];
  }
  const refusals: Refusal[] = [];
  if (role.term !== lease.term) {
    refusals.push({
      why: `${to} knows of term ${role.term}; the lease is at ${lease.term}. Its lease agent does not read the store`,
    });
  }
  const behind = databases.filter(({ lagSeconds = 0 }) => lagSeconds > accepted.lagSeconds);
  if (behind.length > 0) {
    const worst = Math.ceil(Math.max(...behind.map(({ lagSeconds = 0 }) => lagSeconds)));
    refusals.push({
      why: `${countOf(behind)} on ${to} more than ${accepted.lagSeconds} s behind: ${behind.map(lagText).join(", ")}`,
      override: `--accept-lag ${worst + 5} gives up what was written since`,
    });
  }
  const missing = databases.filter(({ state }) => state === "restoring" || state === "stalled" || state === "unknown");
  if (missing.length > 0 && !accepted.incomplete) {
    refusals.push({
      why: `${countOf(missing)} not followed on ${to}: ${missing.map(({ name, state }) => `${name} (${state})`).join(", ")}`,
      override: "--accept-incomplete goes on with what the store has of them",
    });
  }
  // Role and replication were judged above, each with its own way out.
  const failing = problems.filter(
    ({ level, about }) => level === "failing" && about !== "role" && about !== "replication",
  );
  if (failing.length > 0 && !accepted.unhealthy) {
    refusals.push({
      why: `${to} is not healthy: ${failing.map(({ text }) => text).join("; ")}`,
      override: "--accept-unhealthy promotes it as it is",
    });
  }
  return refusals;
}

/** Whether the name can be switched: found out before anything changes. */
export function nameRefusals({ accepted }: FailoverRequest, { name }: FailoverObservation): readonly Refusal[] {
  if (name.kind === "read" || accepted.withoutName) return [];
  return [{ why: `the name cannot be switched: ${name.why}`, override: "--without-name leaves the record to you" }];
}

function countOf(databases: readonly DatabaseStatus[]): string {
  return databases.length === 1 ? "1 database is" : `${databases.length} databases are`;
}

function lagText({ name, lagSeconds = 0 }: DatabaseStatus): string {
  return `${name} ${Math.round(lagSeconds)} s`;
}
