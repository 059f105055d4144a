import { z } from "zod";

/** The setting that lists what is taken over. */
export const adoptedSetting = "landscape:adopted";

/** What was there before the program and is taken over by the next `up`: {@link adoptedSetting} of `Pulumi.<stack>.yaml`. */
export const adoptedSchema = z.array(
  z.strictObject({
    /** The type token. @example "cloudflare:index/dnsRecord:DnsRecord" */
    type: z.string().min(1),
    /** The logical name. @example "bilko.io-site" */
    name: z.string().min(1),
    /** The provider's id of what exists, as `pulumi import` takes it. */
    id: z.string().min(1),
  }),
);

export type AdoptedResource = z.infer<typeof adoptedSchema>[number];
