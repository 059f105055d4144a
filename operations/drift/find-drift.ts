import type { OperationLog } from "../../deployment/display/operation-log";
import { shortType } from "../../deployment/display/urn-text";
import type { PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import { ActualPolicies, type BrokenPolicy } from "./actual-policies";
import type { DeployedResource } from "./deployment-state";
import { cloudDifferences, programDifferences } from "./differences";
import { comparedWithLease, type PrimaryAddress } from "./failover-names";
import type { DriftDifference, DriftFinding, SourceLine } from "./finding";
import type { ListedObject } from "./inventory-lister";
import { type NoiseList, withoutNoise } from "./noise";
import { type CommandLine, remedies } from "./remedies";
import { type UnmanagedRequest, unmanagedObjects } from "./unmanaged";

export interface DriftRequest {
  readonly stack: string;
  /** What a preview of `refresh` said. */
  readonly refresh: OperationLog;
  /** What a preview of the program said. */
  readonly preview: OperationLog;
  readonly deployed: readonly DeployedResource[];
  /** How to list what nobody manages; absent when only some resources are looked at. */
  readonly unmanaged: Omit<UnmanagedRequest, "deployed"> | undefined;
  /** Where failover names have to point. Absent for stacks without one. */
  readonly primaryAddress?: PrimaryAddress | undefined;
  readonly noise: NoiseList;
  readonly policies: readonly PolicyAnalyzer[];
  readonly locate: (urn: string) => SourceLine | undefined;
  readonly commandLine: CommandLine;
}

/** What was found, and how much was left out as noise. */
export interface DriftReport {
  readonly stack: string;
  readonly findings: readonly DriftFinding[];
  /** Resources and things whose differences are all on the reviewed list. */
  readonly suppressed: number;
}

/** Compares clouds, state and program, and judges what it finds. Changes nothing. */
export async function findDrift(request: DriftRequest): Promise<DriftReport> {
  const policies = new ActualPolicies(request.policies, request.deployed);
  const broken = await policies.brokenIn(request.refresh);
  const found = differences(request);
  const judged: Judged[] = found.map((difference) => ({
    difference,
    // What the program wants is judged when it is deployed; drift is what is there.
    broken: isInCloud(difference) ? (broken.get(difference.urn ?? "") ?? []) : [],
  }));
  for (const object of await listUnmanaged(request)) {
    const brokenBy = await policies.brokenBy(object, urnPrefix(request));
    judged.push({ difference: unmanagedDifference(object), broken: brokenBy });
  }
  const kept = judged.flatMap((each) => unlessNoise(each, request.noise));
  return {
    stack: request.stack,
    findings: kept.map((each) => finding(each, request)).sort(bySeverity),
    suppressed: judged.length - kept.length,
  };
}

function differences({ refresh, preview, primaryAddress }: DriftRequest): readonly DriftDifference[] {
  const cloud = cloudDifferences(refresh);
  const compared = primaryAddress === undefined ? cloud : comparedWithLease(cloud, refresh, primaryAddress);
  return [...compared, ...programDifferences(preview)];
}

interface Judged {
  readonly difference: DriftDifference;
  readonly broken: readonly BrokenPolicy[];
}

/** What URNs of the stack begin with; a thing that nobody manages gets one, so that policies know which stack it is in. */
function urnPrefix({ stack, deployed }: DriftRequest): string {
  return `urn:pulumi:${stack}::${deployed[0]?.urn.split("::")[1] ?? ""}`;
}

function isInCloud({ kind }: DriftDifference): boolean {
  return (
    kind === "changed" ||
    kind === "retagged" ||
    kind === "secret-changed" ||
    kind === "deleted" ||
    kind === "misdirected"
  );
}

async function listUnmanaged({ unmanaged, deployed }: DriftRequest): Promise<readonly ListedObject[]> {
  return unmanaged === undefined ? [] : unmanagedObjects({ ...unmanaged, deployed });
}

function unmanagedDifference({ type, id, name }: ListedObject): DriftDifference {
  return { kind: "unmanaged", urn: undefined, type, name, id, properties: [] };
}

/** Noise is not reported, unless it opens something up: then the list is wrong about it. */
function unlessNoise(judged: Judged, noise: NoiseList): Judged[] {
  if (judged.broken.some(({ opens }) => opens)) return [judged];
  const difference = withoutNoise(judged.difference, noise);
  return difference === undefined ? [] : [{ ...judged, difference }];
}

function finding({ difference, broken }: Judged, { locate, commandLine }: DriftRequest): DriftFinding {
  const declaredAt = difference.urn === undefined ? undefined : locate(difference.urn);
  return {
    ...difference,
    type: shortType(difference.type),
    severity: broken.some(({ opens }) => opens) ? "security" : "ordinary",
    broken: broken.map(({ policy, message }) => `${policy}: ${message.split("\n").at(-1) ?? ""}`),
    ...remedies(difference, declaredAt, commandLine),
    declaredAt,
  };
}

function bySeverity(left: DriftFinding, right: DriftFinding): number {
  return Number(right.severity === "security") - Number(left.severity === "security");
}
