import { z } from "zod";
import type { Path, Problem } from "../../lib/located-yaml/problem";
import { nameRules } from "../naming/name-rules";
import { type Redundancy, redundancies } from "./account-args";
import type { KeptContainer } from "./lifecycle";

/** The name of a container, as Azure takes it. */
export const blobContainerNameSchema = z
  .string()
  .min(nameRules.blobContainer.minLength, { abort: true })
  .max(nameRules.blobContainer.maxLength, { abort: true })
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, { error: "expected lower-case letters, digits and single dashes" })
  .meta({ description: "The container's exact name" });

/** How far apart copies of blobs are kept. */
export const redundancySchema = z.enum(Object.keys(redundancies) as Redundancy[]);

/** That a container's blobs would be gone before they move to the cool tier. */
export function coolingProblems(
  { coolAfterDays, retentionDays }: Pick<KeptContainer, "coolAfterDays" | "retentionDays">,
  container: Path,
): readonly Problem[] {
  if (coolAfterDays === undefined || retentionDays === undefined || coolAfterDays < retentionDays) return [];
  const message = `${coolAfterDays} is not below retentionDays ${retentionDays}; leave it out`;
  return [{ path: [...container, "coolAfterDays"], message }];
}
