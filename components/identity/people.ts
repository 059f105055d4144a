import { PimRoleEligibilitySchedule } from "@pulumi/azure-native/authorization";
import * as pulumi from "@pulumi/pulumi";
import { type AzureRole, type PeoplesRight, peoplesRights } from "../../lib/azure/built-in-roles";
import type { Problem } from "../../lib/located-yaml/problem";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refuse } from "../../lib/refusal";
import type { StackContext } from "../context/stack-context";
import { assignRole, type RoleGrant, roleDefinitionId, roleSlug } from "./role-assignment";
import { type PeoplesAccess, peopleSchema } from "./schema";

/** Where a stack's people get their roles. */
export interface PeoplesPlace {
  /** The stack that the subscription is named after here: stacks may share one. */
  readonly owner: string;
  /** The id of its subscription. */
  readonly subscription: string;
  /** The container of its state: name and Azure id. Stacks may share one, too. */
  readonly container: { readonly name: string; readonly id: pulumi.Input<string> };
  /** The Azure id of the key that encrypts its secrets. */
  readonly keyId: pulumi.Input<string>;
}

interface PeoplesArgs {
  readonly context: StackContext;
  /** The object ids of the groups, by name. */
  readonly groups: Readonly<Record<string, string>>;
  /** Where a stack's people get their roles. */
  readonly placeOf: (stack: string) => PeoplesPlace;
}

/**
 * Gives groups of people what they may do: roles that stand, and roles that they may ask for. A group gets a role once, however many
 * stacks share the place.
 *
 * @returns what was made, for whoever locks the places afterwards
 */
export function giveRights(
  entries: readonly PeoplesAccess[],
  { context, groups, placeOf }: PeoplesArgs,
): readonly pulumi.Resource[] {
  for (const entry of entries) refuse(`people "${entry.group}"`, groupProblems(entry, groups), entry);
  const grants = entries.flatMap(({ group, stacks, ...given }) =>
    (["may", "onRequest"] as const).flatMap((how) =>
      stacks.flatMap((stack) =>
        given[how].flatMap((right) => grantsOf(right, stack, placeOf(stack)).map((grant) => ({ group, how, grant }))),
      ),
    ),
  );
  const distinct = new Map(grants.map((one) => [[one.group, one.how, one.grant.role, one.grant.on].join(" "), one]));
  return [...distinct.values()].map(({ group, how, grant }) => {
    const principalId = groups[group] ?? "";
    return how === "may"
      ? assignRole(`people-${group}`, { context, grant, principalId, principalType: "Group" }, {})
      : makeEligible(`people-${group}`, principalId, grant);
  });
}

function groupProblems(entry: PeoplesAccess, groups: PeoplesArgs["groups"]): readonly Problem[] {
  const message =
    "it has no object id: put it under landscape:peopleGroups in Pulumi.bootstrap.yaml, az ad group show --group NAME --query id";
  return [...argumentProblems(peopleSchema, entry), ...(entry.group in groups ? [] : [{ path: ["group"], message }])];
}

function grantsOf(right: PeoplesRight, stack: string, place: PeoplesPlace): readonly RoleGrant[] {
  return peoplesRights[right].map((role: AzureRole): RoleGrant => {
    if (role === "Storage Blob Data Reader")
      return { on: `state-of-${place.container.name}`, role, scope: place.container.id };
    if (role === "Key Vault Crypto User") return { on: `key-of-${stack}`, role, scope: place.keyId };
    return { on: place.owner, role, scope: `/subscriptions/${place.subscription}` };
  });
}

/**
 * Lets a group ask for a role for a year, the longest that Azure's own rules for a role allow; a later `up` gives it for another one.
 * A group has one schedule for a role in a place; the provider takes the old one away before it makes another.
 */
function makeEligible(name: string, principalId: string, { on, role, scope }: RoleGrant): PimRoleEligibilitySchedule {
  return new PimRoleEligibilitySchedule(`${name}-asks-for-${roleSlug(role)}-on-${on}`, {
    principalId,
    roleDefinitionId: pulumi.output(scope).apply((id) => roleDefinitionId(id, role)),
    scope,
    justification: "Listed in pipelines.yaml",
    scheduleInfo: { expiration: { type: "AfterDuration", duration: "P365D" } },
  });
}
