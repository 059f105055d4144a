import { roleOfId } from "../../lib/azure/built-in-roles";
import { allOf, compliant, decide, each, type RuleOutcome, violation } from "../outcome";
import { rulesOf } from "../rule";
import { listsOf, matchesWhole, type StackParameters } from "../stack-parameters";
import { items, type Reading, read, readWithin, textsOf } from "./shared/property-reading";
import { requireEmpty, requireSet, requireValue } from "./shared/requirements";

/** With these somebody gives further roles, also to themselves. */
const givingRoles: readonly string[] = [
  "Owner",
  "User Access Administrator",
  "Role Based Access Control Administrator",
];

export const roleRules = rulesOf("identity", [
  {
    id: "role-scope",
    controls: ["Own"],
    description:
      "Roles are given on resource groups and what is in them; on a whole subscription or above only Reader and what the stack's wideRoles name. Who may give roles is bounded by a condition, and named there, too.",
    remediation: "Give a narrower role on the resource itself, or declare the assignment in the stack's wideRoles.",
    types: ["azure-native:authorization:PimRoleEligibilitySchedule", "azure-native:authorization:RoleAssignment"],
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
