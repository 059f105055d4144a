import { developmentVariant, hasDevelopmentCopy } from "../../stacks/alai/development-sites";
import { loadAlaiInventory } from "../../stacks/alai/inventory";

/**
 * What the inventory names and a stack may find in its places without having deployed it, by id or by name: devices of people, which
 * join the tailnet by themselves, and records of the development environment in the zones of prod. Its state is in another container,
 * which prod's pipeline does not read; it looks after their contents itself.
 */
export function inventoriedIds(): ReadonlySet<string> {
  const { tailnet, sites } = loadAlaiInventory();
  const copies = sites.sites.filter(hasDevelopmentCopy);
  return new Set([
    ...tailnet.tailnet.devices.flatMap(({ nodeId }) => nodeId ?? []),
    ...copies.map(({ domain }) => `CNAME ${developmentVariant}.${domain}`),
  ]);
}
