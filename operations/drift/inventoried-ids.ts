import { loadAlaiInventory } from "../../stacks/alai/inventory";

/** Ids that the inventory names and no stack deploys: devices of people, which join the tailnet by themselves. */
export function inventoriedIds(): ReadonlySet<string> {
  const { tailnet } = loadAlaiInventory();
  return new Set(tailnet.tailnet.devices.flatMap(({ nodeId }) => nodeId ?? []));
}
