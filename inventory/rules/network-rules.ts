import { addressProblems } from "../../components/network/address-plan";
import { overlaps, parseRange } from "../../components/network/cidr";
import type { InventoryContents } from "../inventory-files";
import type { FileProblem } from "../problem";

const file = "network.yaml";

/** Subnets lie inside their network, are large enough, and do not overlap. */
export function subnetsFit({ network }: Pick<InventoryContents, "network">): readonly FileProblem[] {
  return Object.entries(network.networks).flatMap(([environment, plan]) =>
    addressProblems(plan).map((message) => ({ file, path: ["networks", environment, "subnets"], message })),
  );
}

/** Networks of different environments do not overlap: the tailnet routes to all of them. */
export function networksDoNotOverlap({ network }: Pick<InventoryContents, "network">): readonly FileProblem[] {
  const entries = Object.entries(network.networks);
  return entries.flatMap(([environment, plan], index) => {
    const range = parseRange(plan.addressSpace);
    const rival = entries.slice(0, index).find(([, earlier]) => {
      const other = parseRange(earlier.addressSpace);
      return range !== undefined && other !== undefined && overlaps(range, other);
    });
    if (rival === undefined) return [];
    const message = `${plan.addressSpace} overlaps ${rival[1].addressSpace} of ${rival[0]}`;
    return [{ file, path: ["networks", environment, "addressSpace"], message }];
  });
}
