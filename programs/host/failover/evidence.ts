import { join } from "node:path";
import { writeState } from "../agents/state-file";
import type { HostExitCode } from "../host-exit-codes";
import type { Lease } from "../lease/lease";
import type { FailoverRequest } from "./failover-options";
import type { StepRecord } from "./failover-step";
import type { FailoverObservation } from "./observation";
import type { StepName } from "./plan-failover";
import type { Refusal } from "./refusals";

/** One run of a failover, as it is kept and printed with `--json`. Times are ISO 8601, UTC. */
export interface Evidence {
  readonly version: 1;
  /** Where it was ordered: a host's name, or a laptop's. */
  readonly from: string;
  readonly request: FailoverRequest;
  readonly dryRun: boolean;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly before: Situation;
  readonly warnings: readonly string[];
  readonly refusals: readonly Refusal[];
  readonly steps: readonly StepRecord<StepName>[];
  /** Undefined when a dry run or a refusal ended it. */
  readonly after?: Situation | undefined;
  /** From the first step to the last; clients that cached the name's old address follow within its TTL. */
  readonly seconds?: number | undefined;
  readonly nameTtlSeconds: number;
  readonly exitCode: HostExitCode;
  readonly outcome: string;
}

/** How things were, in short. */
export interface Situation {
  readonly lease: Lease | string;
  readonly name: string;
  readonly hosts: Readonly<Record<string, HostSummary | string>>;
}

interface HostSummary {
  readonly status: string;
  readonly role: string;
  readonly term: number;
  readonly databases: number;
  /** The largest lag of a database, in seconds. */
  readonly worstLagSeconds: number;
}

export function situationOf({ lease, name, hosts }: FailoverObservation): Situation {
  return {
    lease: lease.kind === "found" ? lease.lease : lease.kind,
    name: name.kind === "read" ? name.address : `unreadable: ${name.why}`,
    hosts: Object.fromEntries(
      Object.entries(hosts).map(([host, answer]) => {
        if (answer.kind === "silent") return [host, `silent: ${answer.why}`];
        const { status, role, databases } = answer.status;
        const worstLagSeconds = Math.max(0, ...databases.map(({ lagSeconds = 0 }) => lagSeconds));
        return [
          host,
          { status, role: role?.role ?? "none", term: role?.term ?? 0, databases: databases.length, worstLagSeconds },
        ];
      }),
    ),
  };
}

/** Keeps a run's evidence: `<root>/state/evidence/failover-<time>.json`. */
export function keepEvidence(root: string, evidence: Evidence): string {
  const time = evidence.startedAt.replaceAll(/[:.]/g, "-");
  const file = join(root, "state", "evidence", `failover-${time}-to-${evidence.request.to}.json`);
  writeState(file, evidence);
  return file;
}
