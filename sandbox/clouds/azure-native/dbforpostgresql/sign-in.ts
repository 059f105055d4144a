import type { WorldObject, WorldTransaction } from "../../../world/world";
import { textAt } from "../../read-property";
import { isWithin, nameOfId, parentOfId, sameId } from "../arm-id";
import { closedWay } from "../network/private-endpoint";
import { serverType } from "./server";
import { administratorType } from "./server-children";

/** Who signs in to a server as its administrator, and from where. */
export interface SignIn {
  readonly host: string;
  readonly user: string;
  readonly principalId: string | undefined;
  /** The network; undefined where there is none. */
  readonly networkId: string | undefined;
}

/** Why somebody cannot sign in as an administrator; undefined when they can. Of other roles the world knows nothing. */
export function signInProblem(
  world: WorldTransaction,
  { host, user, principalId, networkId }: SignIn,
): string | undefined {
  const server = world
    .list(serverType)
    .find(({ properties }) => sameId(textAt(properties, "fullyQualifiedDomainName"), host));
  if (server === undefined) return `no such host: ${host}`;
  const closed = closedServer(world, server, networkId);
  if (closed !== undefined) return `${host} does not answer: ${closed}`;
  const isAdministrator = world
    .list(administratorType)
    .some(
      ({ id, properties }) =>
        isWithin(id, server.id) && textAt(properties, "principalName") === user && sameId(nameOfId(id), principalId),
    );
  return isAdministrator ? undefined : `password authentication failed for user "${user}"`;
}

function closedServer(world: WorldTransaction, server: WorldObject, networkId: string | undefined): string | undefined {
  if (textAt(server.properties, "network.publicNetworkAccess") !== "Disabled") return undefined;
  if (networkId === undefined) return "there is no network";
  const subnet = textAt(server.properties, "network.delegatedSubnetResourceId");
  if (subnet === undefined) return closedWay(world, networkId, server);
  return sameId(parentOfId(subnet), networkId) ? undefined : `it is in the network ${nameOfId(parentOfId(subnet))}`;
}
