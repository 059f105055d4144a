import type { WorldTransaction } from "../../../world/world";
import { textAt } from "../../property-path";
import { isWithin, nameOfId, sameId } from "../arm-id";

export const roleAssignmentType = "azure-native:authorization:RoleAssignment";

/** Roles that the emulated services look for. Source: Azure documentation, "Azure built-in roles". */
export const pullRoles = ["7f951dda-4ed3-4680-a7ca-43fe172d538d", "8311e382-0749-4cb8-b61a-304f252e45ec"];
export const readSecretRoles = [
  "4633458b-17de-408a-b874-0445c86b69e6",
  "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
  "00482a5a-887f-4fb3-b363-3b7fe8e74483",
];

/** Whether a principal has one of the roles on a resource, by assignment on it or on anything above it. */
export function hasRole(
  world: WorldTransaction,
  principalId: string,
  resource: string,
  roles: readonly string[],
): boolean {
  return world
    .list(roleAssignmentType)
    .map(({ properties }) => properties)
    .filter((assignment) => sameId(textAt(assignment, "principalId"), principalId))
    .filter((assignment) => roles.includes(nameOfId(textAt(assignment, "roleDefinitionId") ?? "").toLowerCase()))
    .some((assignment) => isWithin(resource, textAt(assignment, "scope") ?? ""));
}
