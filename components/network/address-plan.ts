import { contains, overlaps, parseAlignedBlock } from "../../lib/ipv4";
import type { Problem } from "../../lib/located-yaml/problem";

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
