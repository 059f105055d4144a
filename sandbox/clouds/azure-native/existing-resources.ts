import { ServiceError } from "../../engine/provider";
import type { WorldObject, WorldTransaction } from "../../world/world";
import { textAt } from "../read-property";
import { groupOfId, isWithin, sameId } from "./arm-id";
import { rememberDeletedVault, vaultType } from "./keyvault/soft-delete";
import { endPrincipal } from "./principals";

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
  return new ServiceError("ResourceNotFound", `The Resource '${id}' was not found.`, 404);
}

/** The network services' answer to an id of something that is not there. */
export function invalidReference(id: string, user: string): ServiceError {
  return new ServiceError(
    "InvalidResourceReference",
    `Resource ${id} referenced by resource ${user} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
  );
}

export const diagnosticSettingType = "azure-native:monitor:DiagnosticSetting";

/**
 * Takes a resource out of the world with everything below it, and leaves behind what soft delete leaves, and the diagnostic settings:
 * Azure keeps them outside of what they watch, and whatever has the same id later has them again.
 * Source: terraform-provider-azurerm#19706, MicrosoftDocs/azure-docs#100347.
 */
export function removeResource(world: WorldTransaction, object: WorldObject): void {
  for (const part of [object, ...world.children(object.id)]) {
    if (part !== object && part.kind === diagnosticSettingType) continue;
    if (part.kind === vaultType) rememberDeletedVault(world, part);
    endPrincipal(world, part);
    world.delete(part.kind, part.id);
  }
}

const lockTypes = [
  "azure-native:authorization:ManagementLockByScope",
  "azure-native:authorization:ManagementLockAtResourceGroupLevel",
  "azure-native:authorization:ManagementLockAtSubscriptionLevel",
];

/** The scopes whose locks forbid an operation on `id`. A lock covers its scope and everything below. */
function lockedScopes(world: WorldTransaction, id: string, operation: "write" | "delete"): readonly string[] {
  return lockTypes
    .flatMap((type) => world.list(type))
    .filter((lock) => operation === "delete" || textAt(lock.properties, "level") === "ReadOnly")
    .map((lock) => lock.id.replace(/\/providers\/Microsoft\.Authorization\/locks\/[^/]+$/i, ""))
    .filter((scope) => isWithin(id, scope) || (operation === "delete" && isWithin(scope, id)));
}

/** @throws ScopeLocked when a lock covers the resource or, for a deletion, lies on something inside it */
export function refuseLocked(world: WorldTransaction, id: string, operation: "write" | "delete"): void {
  const [scope] = lockedScopes(world, id, operation);
  if (scope === undefined) return;
  throw new ServiceError(
    "ScopeLocked",
    `The scope '${id}' cannot perform ${operation} operation because following scope(s) are locked: '${scope}'. Please remove the lock and try again.`,
    409,
  );
}
