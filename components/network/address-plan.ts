import { contains, type Ipv4Block, overlaps, parseAlignedBlock } from "../../lib/ipv4";

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

/** Everything that is wrong with an address plan; empty when it is right. */
export function addressProblems(plan: AddressPlan): string[] {
  const space = parseAlignedBlock(plan.addressSpace);
  const blocks = Object.entries(plan.subnets).flatMap(([name, block]) =>
    block === undefined ? [] : [{ name, block }],
  );
  const spaceProblems = space === undefined ? [`addressSpace "${plan.addressSpace}" is not ${expected}`] : [];
  const ranges = blocks.map(({ name, block }) => ({ name, block, range: parseAlignedBlock(block) }));
  return [
    ...spaceProblems,
    ...ranges.flatMap(({ name, block, range }) => subnetProblems(name, block, range, plan.addressSpace, space)),
    ...overlapProblems(ranges),
  ];
}

const expected = 'an IPv4 block such as "10.20.0.0/16", with no bits after its prefix';

function subnetProblems(
  name: string,
  block: string,
  range: Ipv4Block | undefined,
  spaceText: string,
  space: Ipv4Block | undefined,
): string[] {
  if (range === undefined) return [`subnets.${name} "${block}" is not ${expected}`];
  const problems: string[] = [];
  if (space !== undefined && !contains(space, range)) {
    problems.push(`subnets.${name} "${block}" is not inside addressSpace "${spaceText}"`);
  }
  const limit = smallest[name];
  if (limit !== undefined && range.prefix > limit.prefix) {
    problems.push(`subnets.${name} "${block}" is too small: ${limit.reason}`);
  }
  return problems;
}

function overlapProblems(
  ranges: readonly { readonly name: string; readonly block: string; readonly range: Ipv4Block | undefined }[],
): string[] {
  return ranges.flatMap((one, index) =>
    ranges.slice(index + 1).flatMap((other) => {
      if (one.range === undefined || other.range === undefined || !overlaps(one.range, other.range)) return [];
      return [`subnets.${one.name} "${one.block}" overlaps subnets.${other.name} "${other.block}"`];
    }),
  );
}
