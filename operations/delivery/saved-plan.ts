import { execFileSync } from "node:child_process";
import { z } from "zod";
import type { EngineEvent } from "../../deployment/engine-event";
import { writeAtomically } from "../../lib/atomic-file";
import { readRegularFile, whyUnreadable } from "../../lib/file-access";
import { guardNames } from "../guard/guard-finding";
import type { GuardOverride } from "../guard/override";
import { canonicalDigest } from "./canonical-digest";
import { listPlannedSteps, listPlannedViolations } from "./planned-changes";

const digest = z.string().regex(/^[0-9a-f]{64}$/, "expected a SHA-256 in hexadecimal");

const savedPlanSchema = z.strictObject({
  version: z.literal(2),
  stack: z.string().min(1),
  engine: z.enum(["sandbox", "pulumi"]),
  /** What the program was: a commit, and a digest of what had been changed since. */
  commit: z.string(),
  state: z.strictObject({ serial: z.string(), hash: digest }),
  changes: z.array(z.strictObject({ urn: z.string(), operation: z.string(), digest })),
  violations: z.array(z.strictObject({ policy: z.string(), level: z.string(), urn: z.string() })),
  /** The plan guards that are overridden, and why: who approves the plan approves that too. */
  overrides: z.array(z.strictObject({ guard: z.enum(guardNames), reason: z.string() })),
  /** The SHA-256 of everything above. Who approves the plan approves this. */
  digest,
});

/** What an `up` was going to do when it was approved. Kept beside the run; holds no values, only digests of them. */
export type SavedPlan = z.infer<typeof savedPlanSchema>;

export interface PlanSource {
  readonly stack: string;
  readonly engine: SavedPlan["engine"];
  readonly commit: string;
  readonly state: StateVersion;
  /** The events of the preview. */
  readonly events: readonly EngineEvent[];
  /** Default: none. */
  readonly overrides?: readonly GuardOverride[];
}

export function capturePlan({ events, overrides = [], ...source }: PlanSource): SavedPlan {
  const content = {
    version: 2 as const,
    ...source,
    changes: listPlannedSteps(events),
    violations: listPlannedViolations(events),
    overrides: overrides.map(({ guard, reason }) => ({ guard, reason })),
  };
  return { ...content, digest: canonicalDigest(content) };
}

export function writePlan(path: string, plan: SavedPlan): void {
  writeAtomically(path, `${JSON.stringify(plan, undefined, 2)}\n`, { mode: 0o600 });
}

/** The plan cannot be used: missing, damaged, or another one than was approved. */
export class UnusablePlan extends Error {
  override name = "UnusablePlan";
}

/**
 * Reads a plan back.
 *
 * @param approved the digest that was approved, from a place that whoever writes the file cannot write to. Default: not checked
 * @throws {@link UnusablePlan} when it is no plan, was changed since it was written, or is not the approved one
 */
export function readPlan(path: string, approved?: string): SavedPlan {
  const parsed = savedPlanSchema.safeParse(readJson(path));
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
    throw new UnusablePlan(`${path} is not a saved plan (${problems}); make one with preview --save-plan`);
  }
  const { digest: written, ...content } = parsed.data;
  if (canonicalDigest(content) !== written) {
    throw new UnusablePlan(`${path} was changed after it was written; make a new one with preview --save-plan`);
  }
  if (approved !== undefined && approved !== written) {
    throw new UnusablePlan(`${path} has the digest ${written}; the one that was approved is ${approved}`);
  }
  return parsed.data;
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readRegularFile(path).toString("utf8"));
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : whyUnreadable(error);
    throw new UnusablePlan(`the saved plan ${path} cannot be read: ${reason}`, { cause: error });
  }
}

/** Which state a plan was made against. */
interface StateVersion {
  /** When the state was last written, as its manifest says: backends without a service keep no number. Empty before the first deployment. */
  readonly serial: string;
  /** The SHA-256 of its resources and pending operations. */
  readonly hash: string;
}

const exportSchema = z.looseObject({
  deployment: z.looseObject({
    manifest: z.looseObject({ time: z.string() }),
    resources: z.array(z.unknown()).nullish(),
    pending_operations: z.array(z.unknown()).nullish(),
  }),
});

/**
 * The version of an exported state (`pulumi stack export`, or the sandbox's state file). Secrets stay encrypted in it.
 *
 * @param exported undefined for a stack that was never deployed
 * @throws when it is not a Pulumi deployment
 */
export function stateVersion(exported: unknown): StateVersion {
  if (exported === undefined) return { serial: "", hash: canonicalDigest([[], []]) };
  const parsed = exportSchema.safeParse(exported);
  if (!parsed.success) throw new Error("the exported state is not a Pulumi deployment: it has no deployment.manifest");
  const { manifest, resources, pending_operations: pending } = parsed.data.deployment;
  return { serial: manifest.time, hash: canonicalDigest([resources ?? [], pending ?? []]) };
}

/** Largest difference that is read to tell two working trees apart. */
const largestDifferenceBytes = 256 * 1024 * 1024;

/**
 * What the program of a directory is: its commit, and where files differ from it, a digest of the differences. A directory outside
 * git has none, and two plans of it cannot be told apart by this.
 */
export function commitDigest(directory: string): string {
  const commit = headCommit(directory);
  if (commit === undefined) return "none";
  if (git(directory, ["status", "--porcelain"]) === "") return commit;
  const unknown = git(directory, ["ls-files", "--others", "--exclude-standard"]) ?? "";
  const contents = git(directory, ["hash-object", "--stdin-paths"], `${unknown}\n`);
  const changes = [git(directory, ["diff", "HEAD", "--binary"]), unknown, contents];
  return `${commit} with changes ${canonicalDigest(changes).slice(0, 12)}`;
}

/** The commit that is checked out; undefined outside git. */
export function headCommit(directory: string): string | undefined {
  return git(directory, ["rev-parse", "HEAD"]);
}

function git(directory: string, args: readonly string[], input = ""): string | undefined {
  try {
    return execFileSync("git", [...args], {
      cwd: directory,
      encoding: "utf8",
      maxBuffer: largestDifferenceBytes,
      input,
      stdio: ["pipe", "pipe", "ignore"],
    }).trim();
  } catch {
    return undefined;
  }
}
