import { ServiceError } from "../../engine/provider";
import type { WorldTransaction } from "../../world/world";
import { textAt } from "../property-path";
import { isWithin } from "./arm-id";

export const lockTypes = [
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
    409,
    `The scope '${id}' cannot perform ${operation} operation because following scope(s) are locked: '${scope}'. Please remove the lock and try again.`,
  );
}
