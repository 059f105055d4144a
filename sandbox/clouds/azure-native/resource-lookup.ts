import { ServiceError } from "../../engine/provider";
import type { WorldObject, WorldTransaction } from "../../world/world";
import { groupOfId, sameId } from "./arm-id";

export const resourceGroupType = "azure-native:resources:ResourceGroup";

/** The object with an id, whatever its kind. */
export function findResource(world: WorldTransaction, id: string): WorldObject | undefined {
  const group = groupOfId(id);
  if (group === undefined) return undefined;
  if (sameId(group, id)) return world.get(resourceGroupType, id);
  return world.children(group).find((object) => sameId(object.id, id));
}

/** What every storage account has from its first moment, without anybody making it. */
const partOfAccount = /\/(blob|file|queue|table)Services\/default$/i;

/** Whether something can be assigned or attached to a scope: a subscription, a management group, a group or a resource. */
export function scopeExists(world: WorldTransaction, scope: string): boolean {
  const id = `/${scope.replace(/^\/|\/$/g, "")}`;
  return (
    /^\/subscriptions\/[^/]+$/i.test(id) ||
    /^\/providers\/Microsoft\.Management\/managementGroups\/[^/]+$/i.test(id) ||
    findResource(world, id.replace(partOfAccount, "")) !== undefined
  );
}

export function resourceNotFound(id: string): ServiceError {
  return new ServiceError("ResourceNotFound", 404, `The Resource '${id}' was not found.`);
}

/** The network services' answer to an id of something that is not there. */
export function invalidReference(id: string, user: string): ServiceError {
  return new ServiceError(
    "InvalidResourceReference",
    400,
    `Resource ${id} referenced by resource ${user} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
  );
}
