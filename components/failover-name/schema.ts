import { z } from "zod";
import { hostnameSchema } from "../dns-zone/hostname";
import { shortestTtl } from "../dns-zone/schema";

const tailnetAddress =
  /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])\.(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/;

/** An IPv4 address of a tailnet: 100.64.0.0/10. */
export const tailnetAddressSchema = z
  .string()
  .regex(tailnetAddress, "expected a tailnet address, from 100.64.0.0 to 100.127.255.255")
  .meta({ description: "A tailnet address, from 100.64.0.0 to 100.127.255.255" });

/** Longer than this and a failover takes longer than its five minutes. */
const longestTtl = 300;

/** A stable name for whichever host is primary. */
export const failoverNameSchema = z
  .strictObject({
    name: z
      .string()
      .max(63, { abort: true })
      .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, 'expected one label, for example "primary"')
      .meta({ description: "One label. It must not be a device's name, which would be found first" }),
    zone: hostnameSchema.meta({ description: "The zone that holds the record" }),
    searchPath: hostnameSchema.meta({ description: "The tailnet's search path under which the name is found" }),
    initialAddress: tailnetAddressSchema.meta({ description: "Where the name points until the first failover" }),
    ttl: z
      .int()
      .min(shortestTtl)
      .max(longestTtl)
      .exactOptional()
      .meta({ description: "Seconds, 60 to 300. Default: 60" }),
  })
  .meta({
    description: "A stable name for whichever host is primary",
    makes: [{ type: "landscape:failover-name:FailoverName" }],
  });

export type FailoverNameEntry = z.infer<typeof failoverNameSchema>;
