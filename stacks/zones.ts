import type { StackContext } from "../components/context/stack-context";
import { DnsZone, noBrowserIntegrityCheck } from "../components/dns-zone/dns-zone";
import type { Zone } from "../components/dns-zone/schema";
import type { ZoneRule } from "../components/dns-zone/zone-rule";
import { LoadBalancer } from "../components/load-balancer/load-balancer";

/**
 * A zone of an inventory, with its edge and the load balancers of its names.
 *
 * @param rules what else has a say in the zone, for example sites
 */
export function deployZone(
  { context, accountId }: { readonly context: StackContext; readonly accountId: string },
  { browserIntegrityCheckOff, loadBalancers = [], ...entry }: Zone,
  rules: readonly ZoneRule[] = [],
): DnsZone {
  const { domain } = entry;
  const all = [...rules, ...noBrowserIntegrityCheck(browserIntegrityCheckOff)];
  const zone = new DnsZone(domain, { context, accountId, ...entry, rules: all });
  for (const { name, ...balancer } of loadBalancers)
    new LoadBalancer(name, { context, accountId, zone: { id: zone.zoneId, domain }, ...balancer });
  return zone;
}

/** What the stack that owns zones says of them. */
export function zoneOutputs(zones: readonly DnsZone[]) {
  return {
    nameServers: Object.fromEntries(zones.map((zone) => [zone.domain, zone.nameServers])),
    // A signed zone is pending until its registrar publishes this.
    dsRecords: Object.fromEntries(zones.flatMap(({ domain, dsRecord }) => (dsRecord ? [[domain, dsRecord]] : []))),
  };
}
