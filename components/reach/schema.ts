import { z } from "zod";
import { publicAddressProblem } from "./reach-plan";

/** A port of TCP or UDP. */
export const portSchema = z.int().min(1).max(65_535);

/** A public IPv4 address, or a block of few, that a private resource lets in. */
export const publicAddressSchema = z
  .string()
  .superRefine((address, refinement) => {
    const problem = publicAddressProblem(address);
    if (problem !== undefined) refinement.addIssue({ code: "custom", message: `"${address}" ${problem}` });
  })
  .meta({ description: "A public IPv4 address or block, no wider than /24. @example 203.0.113.7" });
