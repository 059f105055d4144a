import { z } from "zod";
import type { Problem } from "../../lib/located-yaml/problem";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { hostnameSchema } from "../dns-zone/hostname";
import { portSchema, publicAddressSchema } from "../reach/schema";

const port = portSchema.meta({ description: "The port it listens on" });

const addresses = z
  .array(publicAddressSchema)
  .min(1)
  .meta({ description: "Public addresses that may call it; blocks no wider than /24" });

const affinity = z.boolean().optional().meta({
  description: "Whether a visitor's requests all go to one replica, by a cookie. Default: false",
});

const inside = {
  port,
  transport: z.enum(["http", "tcp"]).optional().meta({
    description: "What it speaks: anything over TCP instead of HTTP, under the same port. Default: http",
  }),
  affinity,
};

/** Ports that every environment answers HTTP on. Source: microsoft/azure-container-apps#1558. */
const portsOfHttp = [80, 443];

/** What of an ingress goes with HTTP only; of TCP, what is wrong with it. */
function transportProblems({
  port: number,
  transport,
  affinity: sticky,
}: {
  readonly port?: number | undefined;
  readonly transport?: "http" | "tcp" | undefined;
  readonly affinity?: boolean | undefined;
}): readonly Problem[] {
  if (transport !== "tcp") return [];
  return [
    ...(sticky === true
      ? [{ path: ["affinity"], message: "is for HTTP, whose requests carry a cookie; leave it out" }]
      : []),
    ...(number !== undefined && portsOfHttp.includes(number)
      ? [
          {
            path: ["port"],
            message: `${number} is the environment's own for HTTP; let the container listen on another`,
          },
        ]
      : []),
  ];
}

/** Who can call an app. */
export const ingressSchema = z
  .discriminatedUnion("exposure", [
    z.strictObject({ exposure: z.literal("none") }),
    z.strictObject({ exposure: z.literal("environment"), ...inside }),
    z.strictObject({ exposure: z.literal("network"), ...inside }),
    z.strictObject({
      exposure: z.literal("addresses"),
      port,
      affinity,
      laptops: addresses.optional(),
      hosts: addresses.optional(),
      ci: addresses.optional(),
    }),
    z.strictObject({ exposure: z.literal("public"), port, affinity }),
  ])
  .superRefine((ingress, refinement) => {
    if (ingress.exposure === "environment" || ingress.exposure === "network")
      addProblems(refinement, transportProblems(ingress));
  })
  .meta({
    description:
      "Who can call it: nobody, the environment, the network, listed public addresses, or everybody through the edge",
  });

/** The names of a public app. */
export const domainsSchema = z
  .array(hostnameSchema)
  .min(1)
  .optional()
  .meta({ description: "Names of a public app. Default: none, and only its environment's apps call it" });

/** The arguments of an ingress whose values an inventory can say, too. */
export const ingressArguments = z
  .object({ port: portSchema.optional(), transport: inside.transport, affinity })
  .superRefine((ingress, refinement) => addProblems(refinement, transportProblems(ingress)));
