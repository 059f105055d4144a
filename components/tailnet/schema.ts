import { z } from "zod";
import { hostnameSchema } from "../dns-zone/hostname";
import { tailnetAddressSchema } from "../failover-name/schema";

const labelPattern = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;

const deviceNameSchema = z
  .string()
  .max(63, { abort: true })
  .regex(labelPattern, "expected a device name: one label in lower case, for example anvil")
  .meta({ description: "The device's name in the tailnet, set on the device with `tailscale set --hostname`" });

export const tagSchema = z
  .string()
  .regex(/^tag:[a-z][a-z0-9-]*$/, 'expected a tag, for example "tag:host"')
  .meta({ description: "A tag, for example tag:host" });

const groupSchema = z
  .string()
  .regex(/^group:[a-z][a-z0-9-]*$/, 'expected a group, for example "group:operators"')
  .meta({ description: "A group, for example group:operators" });

const autogroupSchema = z.enum(["autogroup:admin", "autogroup:member", "autogroup:owner", "autogroup:tagged"]);

const whoSchema = z.union([tagSchema, groupSchema, autogroupSchema, deviceNameSchema]).meta({
  description: "A tag, a group, an autogroup or a device of the inventory",
});

const portSchema = z
  .string()
  .regex(/^(tcp|udp):\d{1,5}(-\d{1,5})?$/, 'expected a protocol and a port, for example "tcp:8099"')
  .meta({ description: "A protocol and a port, for example tcp:8099" });

/** The tailnet of a system: devices, who reaches what, DNS. */
export const tailnetSchema = z
  .strictObject({
    devices: z
      .array(
        z.strictObject({
          name: deviceNameSchema,
          address: tailnetAddressSchema,
          nodeId: z
            .string()
            .regex(/^n[A-Za-z0-9]+$/)
            .exactOptional()
            .meta({ description: "The id of the device, needed to tag it. Absent: its tags are set on the device" }),
          tags: z.array(tagSchema).default([]),
        }),
      )
      .meta({ description: "Devices that rules name" }),
    groups: z
      .record(groupSchema, z.array(z.email()).default([]))
      .default({})
      .meta({ description: "People by group. Members may also come from the stack's configuration" }),
    tagOwners: z
      .record(tagSchema, z.array(z.union([groupSchema, autogroupSchema, tagSchema])).min(1))
      .default({})
      .meta({ description: "Who may give a device this tag" }),
    grants: z
      .array(
        z.strictObject({
          why: z.string().min(1).meta({ description: "Why they need it" }),
          from: z.array(whoSchema).min(1),
          to: z
            .array(z.union([whoSchema, z.cidrv4()]))
            .min(1)
            .meta({ description: "Whom, or a network behind a router" }),
          ports: z.array(portSchema).min(1),
        }),
      )
      .meta({ description: "Who reaches what. Whatever is not granted is denied" }),
    ssh: z
      .array(
        z.strictObject({
          action: z
            .enum(["accept", "check"])
            .default("check")
            .meta({ description: "check asks people to sign in again" }),
          from: z.array(z.union([tagSchema, groupSchema, autogroupSchema])).min(1),
          to: z.array(tagSchema).min(1),
          users: z.array(z.string().min(1)).min(1).meta({ description: "Accounts on the device" }),
        }),
      )
      .default([])
      .meta({ description: "Who may sign in over Tailscale SSH" }),
    routes: z
      .record(z.cidrv4(), z.array(tagSchema).min(1))
      .default({})
      .meta({ description: "Networks and the tags whose routers are trusted with them" }),
    dns: z
      .strictObject({
        nameservers: z.array(z.union([z.ipv4(), z.ipv6()])).default([]),
        searchPaths: z.array(hostnameSchema).default([]),
        splitDns: z
          .record(hostnameSchema, z.array(z.union([z.ipv4(), z.ipv6()])).min(1))
          .default({})
          .meta({ description: "Name servers for private names, by domain" }),
        overrideLocalDns: z.boolean().default(false),
      })
      .prefault({})
      .meta({ description: "DNS of the tailnet; MagicDNS is always on" }),
    approveDevices: z.boolean().default(true).meta({ description: "Whether an administrator admits new devices" }),
  })
  .meta({ description: "The tailnet", makes: [{ type: "landscape:tailnet:Tailnet" }] });

export type TailnetEntry = z.infer<typeof tailnetSchema>;
