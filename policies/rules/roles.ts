import { peoplesRights, roleOfId } from "../../lib/azure/built-in-roles";
import { allOf, compliant, decide, each, notApplicable, type RuleOutcome, violation } from "../outcome";
import { type PolicyResource, rulesOf, type StackMember } from "../rule";
import type { StackMembers } from "../stack-members";
import { listsOf, matchesWhole, type StackParameters } from "../stack-parameters";
import { anyReading, comparable, items, type Reading, read, readWithin, textsOf } from "./shared/property-reading";
import { requireEmpty, requireSet, requireValue } from "./shared/requirements";

/** With these somebody gives further roles, also to themselves. */
const givingRoles: readonly string[] = [
  "Owner",
  "User Access Administrator",
  "Role Based Access Control Administrator",
];

/** What groups of people may hold at any time; the rest of their rights they ask for. */
const { change, ...heldByPeople } = peoplesRights;
const standingRoles: readonly string[] = Object.values(heldByPeople).flat();

const assignment = "azure-native:authorization:RoleAssignment";
const eligibility = "azure-native:authorization:PimRoleEligibilitySchedule";
const administrator = "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra";
const identityType = "azure-native:managedidentity:UserAssignedIdentity";

/** Where it is said who is let in, by type. */
const holders: Readonly<Record<string, string>> = {
  [assignment]: "principalId",
  [eligibility]: "principalId",
  [administrator]: "objectId",
  "azure-native:redisenterprise:AccessPolicyAssignment": "user.objectId",
};

/** Where it is said whose principals are let in, by type. One that is not set is the subscription's tenant. */
const tenants: Readonly<Record<string, (resource: PolicyResource) => readonly Reading[]>> = {
  [administrator]: (one) => [read(one, "tenantId")],
  "azure-native:dbforpostgresql:Server": (server) => [read(server, "authConfig.tenantId")],
  "azure-native:keyvault:Vault": (vault) => [
    read(vault, "properties.tenantId"),
    ...items(read(vault, "properties.accessPolicies")).map((policy) => readWithin(policy, "tenantId")),
  ],
};

export const roleRules = rulesOf("identity", [
  {
    id: "own-tenant",
    controls: ["Own"],
    description: "Principals of the stack's own Entra tenant are let in, and no others.",
    remediation: "Take tenantId from the stack's configuration, and give roles to principals of that tenant.",
    types: [assignment, ...Object.keys(tenants)],
    evaluate: (resource, { tenant }) => {
      if (resource.type !== assignment) {
        return allOf(
          each(tenants[resource.type]?.(resource) ?? [], (reading) =>
            requireValue(reading, { oneOf: [tenant], absent: "complies" }),
          ),
        );
      }
      const type = read(resource, "principalType");
      return allOf([
        decide(() =>
          textsOf([type]).includes("foreigngroup") ? violation(type.path, "is another tenant's group") : compliant,
        ),
        requireEmpty(read(resource, "delegatedManagedIdentityResourceId"), "is an identity of another tenant"),
      ]);
    },
  },
  {
    id: "principal-named",
    controls: ["Own"],
    description:
      "Roles, and the administration of databases and caches, are for identities that the stack makes, and else for the principals that the stack names.",
    remediation:
      "Give it to the principalId of an identity of the stack, or declare the object id in the stack's principals; who is in a group, only Entra knows.",
    types: Object.keys(holders),
    companions: [identityType],
    evaluate: (subject: StackMember, members: StackMembers, stack: StackParameters) => {
      const path = holders[subject.type] ?? "";
      const holder = read(subject, path);
      const [id = ""] = textsOf([holder]);
      if (stack.principals.includes(id)) return notApplicable("the stack names it");
      const sources = subject.sources(path.split(".")[0] ?? "");
      const own = members.ofType(identityType).filter(({ urn }) => sources.includes(urn));
      const isOwn = anyReading(
        own.map((identity) => read(identity, "principalId")),
        (value) => comparable(value) === id,
      );
      return isOwn ? compliant : violation(holder.path, "is no identity of the stack, nor among its principals");
    },
  },
  {
    id: "role-scope",
    controls: ["Own"],
    description:
      "Roles are given on resource groups and what is in them; on a whole subscription or above only Reader and what the stack's wideRoles name. Who may give roles is bounded by a condition, and named there, too.",
    remediation: "Give a narrower role on the resource itself, or declare the assignment in the stack's wideRoles.",
    types: [eligibility, assignment],
    evaluate: (assignment, stack) => {
      const scope = read(assignment, "scope");
      const definition = read(assignment, "roleDefinitionId");
      const role = roleOf(definition);
      const gives = givingRoles.some((one) => one === role);
      if (!gives && (role === "Reader" || isWithinGroup(scope))) return compliant;
      if (role === undefined || !listsOf(assignment.name, stack.wideRoles).includes(role)) {
        return violation(
          scope.path,
          `has ${role ?? "a role of our own"}, which the stack's wideRoles do not name here`,
        );
      }
      return gives ? requireSet(read(assignment, "condition")) : compliant;
    },
  },
  {
    id: "people-roles",
    controls: ["Own"],
    description:
      "People get roles by their groups: at any time those that read, operate or set secrets, and what changes more for a time, on request. None gives roles.",
    remediation:
      "Give the role to a group, under may or onRequest of pipelines.yaml; what is not in peoplesRights is a deployment's to do.",
    types: [eligibility, assignment],
    evaluate: (resource) => {
      const definition = read(resource, "roleDefinitionId");
      const isAmong = (roles: readonly string[]) =>
        decide(() => {
          const role = roleOf(definition) ?? "a role of our own";
          return roles.includes(role) ? compliant : violation(definition.path, `is ${role}, which is not for people`);
        });
      if (resource.type === eligibility) {
        const end = requireValue(read(resource, "scheduleInfo.expiration.type"), {
          oneOf: ["AfterDuration", "AfterDateTime"],
          absent: "violates",
        });
        return allOf([end, isAmong([...standingRoles, ...change])]);
      }
      const type = read(resource, "principalType");
      const [kind] = textsOf([type]);
      // Azure takes the type of the principal then, whatever that is.
      if (kind === undefined && type.state === "absent") return violation(type.path, "is not said");
      if (kind === "user") return violation(type.path, "is one person; who leaves is taken out of a group");
      return kind === "group" ? isAmong(standingRoles) : compliant;
    },
  },
  {
    id: "role-actions",
    controls: ["Own"],
    description: "Roles of our own name what they allow: no * but for reading, and nothing that gives roles.",
    remediation: "Name the operations in permissions[].actions and dataActions.",
    types: ["azure-native:authorization:RoleDefinition"],
    evaluate: (role) =>
      allOf(
        items(read(role, "permissions")).flatMap((permission) =>
          ["actions", "dataActions"].flatMap((list) => each(items(readWithin(permission, list)), requireNamedAction)),
        ),
      ),
  },
  {
    id: "federated-subject",
    controls: ["Own"],
    description:
      "Identities take tokens of GitHub's workflows only, and of those only the subjects that the stack's federatedSubjects name for the identity.",
    remediation:
      "Set issuer to https://token.actions.githubusercontent.com, and declare the whole subject in the stack's federatedSubjects; take out claimsMatchingExpression.",
    types: ["azure-native:managedidentity:FederatedIdentityCredential"],
    evaluate: (credential, stack) =>
      allOf([
        requireValue(read(credential, "issuer"), {
          oneOf: ["https://token.actions.githubusercontent.com"],
          absent: "violates",
        }),
        ...items(read(credential, "audiences")).map((audience) =>
          requireValue(audience, { oneOf: ["api://AzureADTokenExchange"], absent: "violates" }),
        ),
        requireEmpty(read(credential, "claimsMatchingExpression"), "matches subjects that are not named"),
        decide(() => requireDeclared(read(credential, "subject"), read(credential, "resourceName"), stack)),
      ]),
  },
]);

function requireNamedAction(action: Reading): RuleOutcome {
  const [text = ""] = textsOf([action]);
  // `*` and `*/write` are every service's; `microsoft.storage/*` is everything of one, its locks and roles among it.
  const isWide = text.includes("*") && !text.endsWith("/read");
  const givesRoles = /^microsoft\.authorization\/.*(?:write|action|delete)$/.test(text);
  if (isWide) return violation(action.path, "allows more than it names");
  return givesRoles ? violation(action.path, "allows to give roles") : compliant;
}

/** The name of the built-in role; undefined for any other. An id counts with or without what is before it. */
function roleOf(definition: Reading): string | undefined {
  const [id = ""] = textsOf([definition]).map((text) => text.split("/").at(-1));
  return roleOfId(id);
}

/** Whether a scope is a resource group, or lies in one. */
function isWithinGroup(scope: Reading): boolean {
  return textsOf([scope]).some((text) => /^\/?subscriptions\/[^/]+\/resourcegroups\/[^/]+/.test(text));
}

function requireDeclared(subject: Reading, identity: Reading, { federatedSubjects }: StackParameters): RuleOutcome {
  const text = subject.state === "known" ? String(subject.value) : "";
  const name = identity.state === "known" ? String(identity.value) : "";
  const isDeclared = listsOf(name, federatedSubjects).some((pattern) => matchesWhole(text, pattern));
  return isDeclared
    ? compliant
    : violation(subject.path, "is not among the stack's federatedSubjects for the identity");
}
