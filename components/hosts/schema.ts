import { z } from "zod";

const hostSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, "expected lower-case letters, digits and dashes, a letter first")
    .meta({ description: "A device of tailnet.yaml, which has its address" }),
  role: z
    .enum(["primary", "standby", "client"])
    .meta({ description: "One primary, one standby that can take over, and clients that only use them" }),
  directAddress: z.ipv4().exactOptional().meta({ description: "The address on the cable between primary and standby" }),
});

/** The machines that no cloud runs: what each is meant to be. */
export const hostsSchema = z.array(hostSchema);
export type Host = z.output<typeof hostSchema>;
