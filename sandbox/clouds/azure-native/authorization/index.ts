import { parseIsoDuration } from "../../../../lib/duration";
import { ServiceError } from "../../../engine/provider";
import type { WorldTransaction } from "../../../world/world";
import { textAt } from "../../read-property";
import type { ServiceContext, TypeRule } from "../../type-rule";
import { isWithin, nameOfId, sameId, sandboxTenant } from "../arm-id";
import { type ArmTypeSpec, armType } from "../arm-type";
import { resourceNotFound, scopeExists } from "../existing-resources";
import type { AzureSession } from "../managedidentity";
import { identityType } from "../principals";

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const lockName = {
  pattern: /^[^<>%&?/]{1,90}$/,
  expected: "1 to 90 characters without < > % & ? /",
  code: "InvalidLockName",
};

function roleAssignment(session: AzureSession): TypeRule {
  return armType({
    type: "authorization:RoleAssignment",
    describedBy: ["authorization", "RoleAssignmentCreateParameters"],
    path: "{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
    name: { pattern: guid, expected: "a GUID", code: "InvalidRoleAssignmentId", automatic: "guid" },
    required: ["principalId", "roleDefinitionId"],
    allowed: { principalType: ["User", "Group", "ServicePrincipal", "ForeignGroup", "Device"] },
    createOnly: ["principalId", "roleDefinitionId", "principalType"],
    notReturned: [],
    computed: {
      names: ["scope"],
      stable: ["scope"],
      values: ({ inputs }) => ({ scope: textAt(inputs, "scope") ?? "" }),
    },
    service: {
      create: (context) => {
        requireScope(context);
        requireRole(context);
        requirePrincipal(context, session);
        requirePrincipalType(context);
        refuseDuplicate(context);
      },
    },
  });
}

function requireScope({ world, inputs }: ServiceContext): void {
  const scope = textAt(inputs, "scope") ?? "";
  if (!scopeExists(world, scope)) throw resourceNotFound(scope);
}

function requireRole({ inputs }: ServiceContext): void {
  const role = textAt(inputs, "roleDefinitionId") ?? "";
  if (/\/providers\/Microsoft\.Authorization\/roleDefinitions\/[0-9a-f-]{36}$/i.test(role)) return;
  throw new ServiceError(
    "RoleDefinitionDoesNotExist",
    `The specified role definition with ID '${role}' does not exist.`,
    404,
  );
}

/** Without a principal type Azure looks the principal up, and does not find one that was made a moment ago. */
function requirePrincipal({ world, inputs, config }: ServiceContext, session: AzureSession): void {
  const principal = textAt(inputs, "principalId") ?? "";
  const isKnown =
    textAt(config, "objectId") === principal ||
    isManagedIdentity(world, principal) ||
    world
      .list("azure-native:authorization:ClientConfig")
      .some(({ properties }) => sameId(textAt(properties, "objectId"), principal));
  if (textAt(inputs, "principalType") !== undefined || (isKnown && !session.isNewPrincipal(principal))) return;
  throw new ServiceError(
    "PrincipalNotFound",
    `Principal ${principal.replaceAll("-", "")} does not exist in the directory ${sandboxTenant}. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.`,
  );
}

/**
 * What Azure knows of a principal it compares with what the assignment says of it; one it does not know it takes as it is said to be.
 * Source: answers reported in modern-web-app-pattern-dotnet#129 and terraform-provider-azurerm#6068.
 */
function requirePrincipalType({ world, inputs }: ServiceContext): void {
  const principal = textAt(inputs, "principalId") ?? "";
  const said = textAt(inputs, "principalType") ?? "ServicePrincipal";
  if (said === "ServicePrincipal" || !isManagedIdentity(world, principal)) return;
  throw new ServiceError(
    "UnmatchedPrincipalType",
    `The PrincipalId '${principal.replaceAll("-", "")}' has type 'ServicePrincipal' , which is different from specified PrinciaplType '${said}'.`,
  );
}

const typesWithSystemIdentity = ["app:ContainerApp", "app:Job", "storage:StorageAccount"];

/** Whether a principal is an identity of its own or the one of a resource. */
function isManagedIdentity(world: WorldTransaction, principal: string): boolean {
  return (
    world.list(identityType).some(({ properties }) => sameId(textAt(properties, "principalId"), principal)) ||
    typesWithSystemIdentity
      .flatMap((type) => world.list(`azure-native:${type}`))
      .some(({ properties }) => sameId(textAt(properties, "identity.principalId"), principal))
  );
}

function refuseDuplicate({ world, inputs }: ServiceContext, kind = roleAssignmentType): void {
  const keys = ["principalId", "roleDefinitionId", "scope"];
  const same = world
    .list(kind)
    .some(({ properties }) => keys.every((key) => sameId(textAt(properties, key), textAt(inputs, key))));
  if (same) throw new ServiceError("RoleAssignmentExists", "The role assignment already exists.", 409);
}

const roleDefinition = armType({
  type: "authorization:RoleDefinition",
  describedBy: ["authorization", "RoleDefinition"],
  path: "{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}",
  name: { pattern: guid, expected: "a GUID", code: "InvalidRoleDefinitionId", automatic: "guid" },
  required: ["roleName", "permissions", "assignableScopes"],
  computed: { names: ["roleType"], values: () => ({ roleType: "CustomRole" }) },
  service: { create: requireScope },
});

/**
 * Privileged Identity Management. The provider asks for a schedule, under a name that it makes up, and finds it again by who, what and
 * where. Source: pulumi-azure-native, provider/pkg/resources/customresources/custom_pim_eligibility.go.
 */
const eligibilitySchedule: TypeRule = {
  ...armType({
    type: "authorization:PimRoleEligibilitySchedule",
    describedBy: ["authorization", "RoleEligibilityScheduleRequest"],
    path: "{scope}/providers/Microsoft.Authorization/roleEligibilitySchedules",
    required: ["principalId", "roleDefinitionId"],
    allowed: { "scheduleInfo.expiration.type": ["AfterDuration", "AfterDateTime", "NoExpiration"] },
    createOnly: ["principalId", "roleDefinitionId", "condition", "justification", "scheduleInfo", "ticketInfo"],
    answersType: false,
    computed: {
      names: ["scope", "status"],
      stable: ["scope"],
      values: ({ inputs }) => ({ scope: textAt(inputs, "scope") ?? "", status: "Provisioned" }),
    },
    service: {
      create: (context) => {
        requireScope(context);
        requireRole(context);
        refuseForEver(context);
        refuseDuplicate(context, eligibilityType);
      },
    },
  }),
  identity: {
    kind: "generated",
    id: (random, inputs) =>
      `${textAt(inputs, "scope")}/providers/Microsoft.Authorization/roleEligibilityScheduleRequests/${random.guid()}`,
    inputs: (id) => ({ scope: id.split("/providers/Microsoft.Authorization/").slice(0, -1).join() }),
  },
};

/** A role's own rules let nobody be eligible for ever, and nobody for more than a year. Source: terraform-provider-azurerm#22766. */
function refuseForEver({ inputs }: ServiceContext): void {
  const days = parseIsoDuration(textAt(inputs, "scheduleInfo.expiration.duration") ?? "P0D");
  const type = textAt(inputs, "scheduleInfo.expiration.type");
  if (type !== undefined && type !== "NoExpiration" && (days ?? Number.POSITIVE_INFINITY) <= 365 * 86_400) return;
  throw new ServiceError(
    "RoleAssignmentRequestPolicyValidationFailed",
    'The following policy rules failed: ["ExpirationRule"]',
  );
}

const levels = { level: ["CanNotDelete", "ReadOnly", "NotSpecified"] };

const lockByScope: ArmTypeSpec = {
  type: "authorization:ManagementLockByScope",
  describedBy: ["locks", "ManagementLockObject"],
  path: "{scope}/providers/Microsoft.Authorization/locks/{lockName}",
  name: lockName,
  required: ["level"],
  allowed: levels,
  createOnly: ["level", "notes"],
  service: { create: requireScope },
};

/** Locks are no subject of locks: a lock can always be made and removed. */
function unlockable(rule: TypeRule, create: (context: ServiceContext) => void): TypeRule {
  return { ...rule, service: { create } };
}

const locks = [
  unlockable(armType(lockByScope), requireScope),
  unlockable(
    armType({
      type: "authorization:ManagementLockAtResourceGroupLevel",
      path: "Microsoft.Authorization/locks/{lockName}",
      name: lockName,
      required: ["level"],
      allowed: levels,
      createOnly: ["level", "notes"],
    }),
    ({ world, id }) => {
      const group = id.split("/providers/")[0] ?? "";
      if (!scopeExists(world, group)) throw resourceNotFound(group);
    },
  ),
];

export function authorizationRules(session: AzureSession): readonly TypeRule[] {
  return [roleAssignment(session), roleDefinition, eligibilitySchedule, ...locks];
}

const eligibilityType = "azure-native:authorization:PimRoleEligibilitySchedule";
const roleAssignmentType = "azure-native:authorization:RoleAssignment";

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
