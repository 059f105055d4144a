import type { PropertyMap } from "../../../deployment/values/property-value";
import type { WorldObject, WorldTransaction } from "../../world/world";
import { numberAt, textAt } from "../read-property";
import { RepeatableRandom } from "../repeatable-random";
import type { ComputedContext, ExistingContext } from "../type-rule";

export const identityType = "azure-native:managedidentity:UserAssignedIdentity";

/** How many principals a resource has had that are gone. No resource of Azure's: what makes the next one another. */
const deletedPrincipals = "azure-native:authorization:DeletedPrincipals";

function recordOf(resourceId: string): string {
  return `/providers/Microsoft.Authorization/deletedPrincipals${resourceId.toLowerCase()}`;
}

/**
 * The principal that a resource's identity gets when it is made. An identity that is made again, under whatever name, is another
 * principal, and what was assigned to the old one does not count for it.
 * Source: Azure documentation, "Troubleshoot Azure RBAC: role assignments with identity not found".
 */
export function newPrincipal(world: WorldTransaction, resourceId: string): { principalId: string; clientId: string } {
  const gone = numberAt(world.get(deletedPrincipals, recordOf(resourceId))?.properties ?? {}, "count") ?? 0;
  const which = gone === 0 ? resourceId.toLowerCase() : `${resourceId.toLowerCase()} ${gone}`;
  return {
    principalId: new RepeatableRandom(`principal ${which}`).guid(),
    clientId: new RepeatableRandom(`client ${which}`).guid(),
  };
}

/** Ends the principal of a resource that is being deleted. */
export function endPrincipal(world: WorldTransaction, { kind, id, properties }: WorldObject): void {
  const path = kind === identityType ? "principalId" : "identity.principalId";
  if (textAt(properties, path) === undefined) return;
  const record = { cloud: "azure", kind: deletedPrincipals, id: recordOf(id) } as const;
  const gone = numberAt(world.get(record.kind, record.id)?.properties ?? {}, "count") ?? 0;
  world.put({ ...record, properties: { count: gone + 1 } });
}

/** The same, when an update switches a resource's own identity off. */
export function endSwitchedOff({ world, existing, inputs }: ExistingContext): void {
  if (existing.kind !== identityType && !hasSystemIdentity(inputs)) endPrincipal(world, existing);
}

function hasSystemIdentity(inputs: PropertyMap): boolean {
  return textAt(inputs, "identity.type")?.includes("SystemAssigned") === true;
}

/** The principal of a resource's own identity, if it asked for one. */
export function systemIdentity({ world, id, inputs, existing }: ComputedContext): PropertyMap {
  if (!hasSystemIdentity(inputs)) return {};
  const known = textAt(existing?.properties ?? {}, "identity.principalId");
  return { identity: { principalId: known ?? newPrincipal(world, id).principalId } };
}
