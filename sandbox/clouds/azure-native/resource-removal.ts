import type { WorldObject, WorldTransaction } from "../../world/world";
import { rememberDeletedVault, vaultType } from "./keyvault/soft-delete";

/** Takes a resource out of the world with everything below it, and leaves behind what soft delete leaves. */
export function removeResource(world: WorldTransaction, object: WorldObject): void {
  for (const part of [object, ...world.children(object.id)]) {
    if (part.kind === vaultType) rememberDeletedVault(world, part);
    world.delete(part.kind, part.id);
  }
}
