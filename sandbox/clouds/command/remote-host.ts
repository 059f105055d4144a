import { type PropertyMap, revealMap } from "../../../deployment/values/property-value";
import { ServiceError } from "../../engine/provider";
import type { World, WorldObject, WorldTransaction } from "../../world/world";
import { flagAt, mapAt, numberAt, textAt, textsAt } from "../property-path";

const hostKind = "command:index/host:Host";
/** The provider's own: dial errors it takes before it gives up, and seconds for each. */
const standardErrorLimit = 10;
const standardDialTimeout = 15;
const sshPort = 22;

/**
 * Refuses a connection to a host that the world does not have, or has as unreachable. Nothing is dialled and nobody waits.
 *
 * @param then what happens on the host: it gets the host's id, with the world still locked
 * @throws ServiceError with the number of attempts that the provider would have made
 */
export async function reachHost(
  world: World,
  connection: PropertyMap,
  then: (transaction: WorldTransaction, host: string) => void = () => {},
): Promise<void> {
  const known = revealMap(connection);
  await world.transact((transaction) => {
    const proxy = mapAt(known, "proxy");
    if (textAt(proxy, "host") !== undefined) requireHost(transaction, proxy, "proxy: ");
    then(transaction, requireHost(transaction, known, "").id);
  });
}

function requireHost(world: WorldTransaction, connection: PropertyMap, prefix: string): WorldObject {
  const address = textAt(connection, "host") ?? "";
  const host = world.list(hostKind).find(({ properties }) => textsAt(properties, "addresses").includes(address));
  if (host !== undefined && flagAt(host.properties, "reachable") !== false) return host;
  const endpoint = `${address}:${numberAt(connection, "port") ?? sshPort}`;
  throw new ServiceError("dial_error", 504, `${prefix}${attempts(connection)}dial tcp ${endpoint}: i/o timeout`);
}

function attempts(connection: PropertyMap): string {
  const limit = numberAt(connection, "dialErrorLimit") ?? standardErrorLimit;
  if (limit < 0) return "dialErrorLimit is -1, so the provider never gives up; the sandbox does: ";
  const timeout = numberAt(connection, "perDialTimeout") ?? standardDialTimeout;
  return `after ${Math.max(1, limit)} failed attempts of up to ${timeout} seconds each: `;
}
