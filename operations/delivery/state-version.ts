import { z } from "zod";
import { canonicalDigest } from "./canonical-digest";

/** Which state a plan was made against. */
export interface StateVersion {
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
