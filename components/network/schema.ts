import { z } from "zod";
import { contains, overlaps, parseAlignedBlock } from "../../lib/ipv4";
import type { Problem } from "../../lib/located-yaml/problem";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { type PrivateService, privateServiceNames } from "../../lib/private-services";

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
        description: `Services whose private endpoints get a name in this network, beside those of what the environment has. Default: ${defaultZones.join(", ")}.`,
      }),
  })
  .superRefine((network, refinement) => addProblems(refinement, addressProblems(network)))
  .meta({ description: "The network of one environment", makes: [{ type: "landscape:network:Network" }] });

export type NetworkInventory = z.infer<typeof networkSchema>;

/** The blocks of a network, before anything is made of them. */
export interface AddressPlan {
  readonly addressSpace: string;
  readonly subnets: Readonly<Record<string, string | undefined>>;
}

/** The smallest subnets the services accept, as prefix lengths. Sources: Container Apps "Custom virtual networks", PostgreSQL "Private access". */
const smallest: Readonly<Record<string, { readonly prefix: number; readonly reason: string }>> = {
  apps: { prefix: 27, reason: "Container Apps needs /27 or larger" },
  postgres: { prefix: 28, reason: "PostgreSQL needs /28 or larger" },
  privateEndpoints: { prefix: 29, reason: "Azure needs /29 or larger" },
};

/** What is wrong with the blocks of a plan beside each other; of what is no block, the schema says so. */
export function addressProblems({ addressSpace, subnets }: AddressPlan): readonly Problem[] {
  const space = parseAlignedBlock(addressSpace);
  const ranges = Object.entries(subnets).flatMap(([name, block]) => {
    const range = block === undefined ? undefined : parseAlignedBlock(block);
    return range === undefined ? [] : [{ name, block, range }];
  });
  return ranges.flatMap(({ name, block, range }, index) => {
    const limit = smallest[name];
    const isOutside = space !== undefined && !contains(space, range);
    const isTooSmall = limit !== undefined && range.prefix > limit.prefix;
    const messages = [
      ...(isOutside ? [`"${block}" is not inside addressSpace "${addressSpace}"`] : []),
      ...(isTooSmall ? [`"${block}" is too small: ${limit.reason}`] : []),
      ...ranges
        .slice(0, index)
        .filter((other) => overlaps(other.range, range))
        .map((other) => `"${block}" overlaps subnets.${other.name} "${other.block}"`),
    ];
    return messages.map((message) => ({ path: ["subnets", name], message }));
  });
}
