import type { Output } from "@pulumi/pulumi";
import type { StackContext } from "../components/context/stack-context";
import { DnsZone, noBrowserIntegrityCheck } from "../components/dns-zone/dns-zone";
import type { Zone } from "../components/dns-zone/schema";
import type { ZoneRule } from "../components/dns-zone/zone-rule";
import { LoadBalancer } from "../components/load-balancer/load-balancer";

/** What a takeover has to know of a load balancer. */
interface BalancerOutput extends Pick<LoadBalancer, "balancerId" | "poolIds"> {
  readonly zoneId: Output<string>;
  /** What its monitor asks of each origin, by the name that visitors use. */
  readonly healthUrl: string;
}

/** A zone with its load balancers, by name. */
export type DeployedZone = DnsZone & { readonly balancers: Readonly<Record<string, BalancerOutput>> };

/**
 * A zone of an inventory, with its edge and the load balancers of its names.
 *
 * @param rules what else has a say in the zone, for example sites
 */
export function deployZone(
  { context, accountId }: { readonly context: StackContext; readonly accountId: string },
  { browserIntegrityCheckOff, loadBalancers = [], ...entry }: Zone,
  rules: readonly ZoneRule[] = [],
): DeployedZone {
  const { domain } = entry;
  const all = [...rules, ...noBrowserIntegrityCheck(browserIntegrityCheckOff)];
  const zone = new DnsZone(domain, { context, accountId, ...entry, rules: all });
  const place = { context, accountId, zone: { id: zone.zoneId, domain } };
  const balancers = loadBalancers.map(({ name, ...balancer }): [string, BalancerOutput] => {
    const { balancerId, poolIds } = new LoadBalancer(name, { ...place, ...balancer });
    const { hostname, monitor } = balancer;
    return [name, { zoneId: zone.zoneId, balancerId, poolIds, healthUrl: `https://${hostname}${monitor.path}` }];
  });
  return Object.assign(zone, { balancers: Object.fromEntries(balancers) });
}

/** What the stack that owns zones says of them. */
export function zoneOutputs(zones: readonly DeployedZone[]) {
  const loadBalancers = Object.assign({}, ...zones.map(({ balancers }) => balancers));
  return {
    ...(Object.keys(loadBalancers).length === 0 ? {} : { loadBalancers }),
    nameServers: Object.fromEntries(zones.map((zone) => [zone.domain, zone.nameServers])),
    // A signed zone is pending until its registrar publishes this.
    dsRecords: Object.fromEntries(zones.flatMap(({ domain, dsRecord }) => (dsRecord ? [[domain, dsRecord]] : []))),
  };
}
