import type { OperationLog } from "../../deployment/display/operation-log";
import { shortType } from "../../deployment/display/urn-text";
import type { PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import { quoteForShell } from "../../lib/shell-quote";
import { ActualPolicies, type BrokenPolicy } from "./actual-policies";
import type { DeployedResource } from "./deployment-state";
import { findCloudDifferences, findProgramDifferences } from "./differences";
import type { DriftDifference, DriftFinding, SourceLine } from "./drift-finding";
import { compareWithLease, type PrimaryAddress } from "./failover-names";
import { type NoiseList, removeNoise } from "./noise";
import { findUnmanagedObjects, type ListedObject, type UnmanagedRequest } from "./unmanaged";

export interface DriftRequest {
  readonly stack: string;
  /** What a preview of `refresh` said. */
  readonly refresh: OperationLog;
  /** What a preview of the program said. */
  readonly preview: OperationLog;
  readonly deployed: readonly DeployedResource[];
  /** How to list unmanaged objects; absent when only some resources are checked (`--target`). */
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
  const cloud = findCloudDifferences(refresh);
  const compared = primaryAddress === undefined ? cloud : compareWithLease(cloud, refresh, primaryAddress);
  return [...compared, ...findProgramDifferences(preview)];
}

interface Judged {
  readonly difference: DriftDifference;
  readonly broken: readonly BrokenPolicy[];
}

/** The beginning of the stack's URNs. An unmanaged object gets such a URN, so that policies know which stack it is in. */
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
  return unmanaged === undefined ? [] : findUnmanagedObjects({ ...unmanaged, deployed });
}

function unmanagedDifference({ type, id, name }: ListedObject): DriftDifference {
  return { kind: "unmanaged", urn: undefined, type, name, id, properties: [] };
}

/** Noise is not reported, unless it opens something up: then the list is wrong about it. */
function unlessNoise(judged: Judged, noise: NoiseList): Judged[] {
  if (judged.broken.some(({ opens }) => opens)) return [judged];
  const difference = removeNoise(judged.difference, noise);
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

/** Writes the line that runs one of this project's commands on the stack: `npm run up -- --stack prod --target …`. */
type CommandLine = (command: string, ...options: readonly string[]) => string;

/** How to agree with a difference, and how to undo it. */
function remedies(
  difference: DriftDifference,
  declaredAt: SourceLine | undefined,
  commandLine: CommandLine,
): Pick<DriftFinding, "accept" | "revert"> {
  const target = difference.urn === undefined ? [] : ["--target", quoteForShell(difference.urn)];
  const up = commandLine("up", ...target);
  // What changed in the cloud is not in the state: without reading it first, `up` would find nothing to do.
  const readAgain = commandLine("refresh", ...target, "--yes");
  const place = declaredAt === undefined ? "the program" : `${declaredAt.file}:${declaredAt.line}`;
  const paths = difference.properties.map(({ path }) => path).join(", ");
  switch (difference.kind) {
    case "changed":
    case "retagged":
      return {
        accept: `write what is there (${paths}) in ${place}, then ${readAgain}`,
        revert: `${readAgain} && ${up}`,
      };
    case "secret-changed":
      return {
        accept: `store the new secret where ${place} takes ${paths} from, then ${readAgain}`,
        revert: `${readAgain} && ${up}`,
      };
    case "deleted":
      return { accept: `remove it from ${place}, then ${readAgain}`, revert: `${readAgain} && ${up}` };
    case "misdirected":
      return {
        accept: "none: the lease says who is primary, and the name follows it",
        revert: "npm run failover -- --to the lease's primary, which does what is left to do; docs/failover.md",
      };
    case "undeployed":
    case "outdated":
      return { accept: up, revert: `put ${place} back to what is deployed${paths === "" ? "" : ` (${paths})`}` };
    case "undeclared":
      return { accept: up, revert: "put it back into the program" };
    case "unmanaged":
      return { accept: adoption(difference), revert: deletion(difference) };
  }
}

function adoption({ type, id }: DriftDifference): string {
  return `declare it with the import id ${id} (${type}), or add it with a reason to operations/drift/noise.yaml`;
}

/** The provider's own command: what nobody manages, no command of this project can delete. */
function deletion({ type, id, name }: DriftDifference): string {
  if (id.startsWith("/")) return `az resource delete --ids ${quoteForShell(id)}`;
  if (type.startsWith("tailscale:") || type === "device" || type === "key") {
    return `delete ${name} (${id}) in the tailnet's admin console`;
  }
  return `delete ${name} (${id}) in the zone's dashboard`;
}
