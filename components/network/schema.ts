import { z } from "zod";
import { parseAlignedBlock } from "../../lib/ipv4";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { type PrivateService, privateServiceNames } from "../../lib/private-services";
import { addressProblems } from "./address-plan";

/** An IPv4 block, with no bits after its prefix. */
export const blockSchema = z
  .string()
  .refine((text) => parseAlignedBlock(text) !== undefined, {
    error: 'expected an IPv4 block such as "10.20.0.0/16", with no bits after its prefix',
  })
  .meta({ description: "An IPv4 CIDR block" });

/** The services that a network names when it says nothing of them. */
export const defaultZones: readonly PrivateService[] = ["blob", "vault"];

const natSchema = z
  .strictObject({
    addresses: z.int().min(1).max(16).optional().meta({
      description: "How many addresses; each has 64,512 ports for connections to one place. Default: 1",
    }),
    zone: z.enum(["1", "2", "3"]).optional().meta({
      description: "The zone that it and its addresses are in; fixed when it is made. Default: one that Azure chooses",
    }),
  })
  .meta({ description: "A NAT gateway: apps call the world from fixed addresses, from about 35 USD a month" });

export type NatInventory = z.infer<typeof natSchema>;

/** The network of one environment, as the inventory describes it. */
export const networkSchema = z
  .strictObject({
    addressSpace: blockSchema.meta({
      description: "The whole network, for example 10.20.0.0/16. Fixed once subnets exist.",
    }),
    subnets: z
      .strictObject({
        apps: blockSchema.meta({ description: "For Container Apps: /27 or larger." }),
        postgres: blockSchema.optional().meta({ description: "For PostgreSQL servers: /28 or larger." }),
        privateEndpoints: blockSchema.meta({ description: "For private endpoints." }),
      })
      .meta({ description: "The parts of the network; they lie inside it and do not overlap." }),
    nat: natSchema.optional(),
    privateDnsZones: z
      .array(z.enum(privateServiceNames))
      .optional()
      .meta({
        description: `Services whose private endpoints get a name in this network. Default: ${defaultZones.join(", ")}.`,
      }),
  })
  .superRefine((network, refinement) => addProblems(refinement, addressProblems(network)))
  .meta({ description: "The network of one environment", makes: [{ type: "landscape:network:Network" }] });

export type NetworkInventory = z.infer<typeof networkSchema>;
