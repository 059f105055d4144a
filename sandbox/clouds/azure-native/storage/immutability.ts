import { ServiceError } from "../../../engine/provider";
import type { WorldTransaction } from "../../../world/world";
import { textAt } from "../../property-path";
import { nameOfId, parentOfId } from "../arm-id";

export const immutabilityPolicyType = "azure-native:storage:BlobContainerImmutabilityPolicy";

/** The containers at or below an id whose immutability policy is locked. */
export function lockedContainers(world: WorldTransaction, id: string): readonly string[] {
  return world
    .children(id)
    .filter((object) => object.kind === immutabilityPolicyType && textAt(object.properties, "state") === "Locked")
    .map((policy) => nameOfId(parentOfId(policy.id)));
}

/** @throws AccountProtectedFromDeletion when an account, or a group with an account, has a container under a locked policy */
export function refuseProtectedContainers(world: WorldTransaction, id: string): void {
  const containers = lockedContainers(world, id);
  if (containers.length === 0) return;
  throw new ServiceError(
    "AccountProtectedFromDeletion",
    409,
    `${id} is protected from deletion. The container(s) ${containers.join(", ")} have a locked immutability policy.`,
  );
}
