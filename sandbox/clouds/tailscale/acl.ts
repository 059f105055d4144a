import { ServiceError } from "../../engine/provider";
import type { WorldTransaction } from "../../world/world";
import { flagAt, textAt, textsAt } from "../read-property";
import type { ServiceContext, TypeRule } from "../type-rule";
import { failedTests, policyProblems } from "./policy-check";
import { canonicalPolicy, defaultPolicy, type PolicyFile, parsePolicy } from "./policy-file";
import type { PolicyDevice } from "./policy-selectors";

export const aclKind = "tailscale:index/acl:Acl";
export const deviceKind = "tailscale:index/device:Device";

/** The tailnet's policy file: one, as a whole. Making it writes over what is there. */
export const aclRule: TypeRule = {
  type: aclKind,
  identity: { kind: "named", id: () => "acl" },
  takesOverExisting: true,
  required: ["acl"],
  check: (inputs) => {
    const text = textAt(inputs, "acl");
    const parsed = text === undefined ? undefined : parsePolicy(text);
    if (parsed?.kind !== "invalid") return [];
    return parsed.problems.map((reason) => ({ property: "acl", reason: `ACL validation failed: ${reason}` }));
  },
  service: {
    create: (context) => {
      refuseOverwrite(context);
      refusePolicy(context);
    },
    update: refusePolicy,
  },
  afterDelete: ({ existing }) => ({
    acl: flagAt(existing.properties, "resetAclOnDestroy") === true ? defaultPolicy : (existing.properties.acl ?? ""),
  }),
};

function refuseOverwrite({ world, id, inputs }: ServiceContext): void {
  if (flagAt(inputs, "overwriteExistingContent") === true) return;
  const current = textAt(world.get(aclKind, id)?.properties ?? {}, "acl") ?? defaultPolicy;
  if (canonicalPolicy(current) === canonicalPolicy(defaultPolicy)) return;
  throw new ServiceError(
    "412",
    412,
    "You seem to be trying to overwrite a non-default policy with an Acl resource. Import the existing policy first (id: acl), or set overwriteExistingContent. (precondition failed, invalid old hash)",
  );
}

function refusePolicy({ world, inputs }: ServiceContext): void {
  const parsed = parsePolicy(textAt(inputs, "acl") ?? "");
  if (parsed.kind === "invalid") throw invalidPolicy("ACL validation failed", parsed.problems);
  const problems = policyProblems(parsed.policy);
  if (problems.length > 0) throw invalidPolicy("ACL validation failed", problems);
  const failures = failedTests(parsed.policy, policyDevices(world));
  if (failures.length > 0) throw invalidPolicy("test(s) failed", failures);
}

function invalidPolicy(message: string, problems: readonly string[]): ServiceError {
  return new ServiceError("400", 400, `${message}: ${problems.join("; ")}`);
}

function policyDevices(world: WorldTransaction): readonly PolicyDevice[] {
  return world.list(deviceKind).map(({ properties }) => ({
    addresses: textsAt(properties, "addresses"),
    tags: textsAt(properties, "tags"),
    user: textAt(properties, "user") ?? "",
  }));
}

/** The policy in force. */
export function currentPolicy(world: WorldTransaction): PolicyFile {
  const parsed = parsePolicy(currentPolicyText(world));
  return parsed.kind === "policy" ? parsed.policy : {};
}

export function currentPolicyText(world: WorldTransaction): string {
  return textAt(world.get(aclKind, "acl")?.properties ?? {}, "acl") ?? defaultPolicy;
}

/** Refuses tags that the policy gives to nobody. */
export function refuseUnownedTags({ world, inputs }: ServiceContext): void {
  const owned = currentPolicy(world).tagOwners ?? {};
  const unowned = textsAt(inputs, "tags").filter((tag) => !Object.hasOwn(owned, tag));
  if (unowned.length === 0) return;
  throw new ServiceError("400", 400, `requested tags [${unowned.join(" ")}] are invalid or not permitted`);
}
