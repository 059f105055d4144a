import { contains, overlaps, parseAlignedBlock } from "../../../lib/ipv4";
import type { FileProblem } from "../../../lib/located-yaml/problem";
import type { InventoryContents } from "../files";

const file = "network.yaml";

/** Networks of different environments do not overlap: the tailnet routes to all of them. */
export function networksDoNotOverlap({ network }: Pick<InventoryContents, "network">): readonly FileProblem[] {
  const entries = Object.entries(network.networks);
  return entries.flatMap(([environment, plan], index) => {
    const range = parseAlignedBlock(plan.addressSpace);
    const rival = entries.slice(0, index).find(([, earlier]) => {
      const other = parseAlignedBlock(earlier.addressSpace);
      return range !== undefined && other !== undefined && overlaps(range, other);
    });
    if (rival === undefined) return [];
    const message = `${plan.addressSpace} overlaps ${rival[1].addressSpace} of ${rival[0]}`;
    return [{ file, path: ["networks", environment, "addressSpace"], message }];
  });
}

/** A system's networks have addresses of its own block: no two systems can overlap then, and none has to read another's plan. */
export function networksAreInTheirBlock(block: string) {
  const outer = parseAlignedBlock(block);
  return ({ network }: Pick<InventoryContents, "network">): readonly FileProblem[] =>
    Object.entries(network.networks).flatMap(([environment, { addressSpace }]) => {
      const range = parseAlignedBlock(addressSpace);
      if (outer === undefined || range === undefined || contains(outer, range)) return [];
      const message = `${addressSpace} is not in ${block}, the system's block in stacks/systems.yaml`;
      return [{ file, path: ["networks", environment, "addressSpace"], message }];
    });
}
