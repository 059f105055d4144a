import { ServiceError } from "../../engine/provider";
import type { WorldReading } from "../../world/world";
import { flagAt, textAt, textsAt } from "../read-property";
import type { ServiceContext, TypeRule } from "../type-rule";
import { type Permission, type PortRange, permissionsOf, splitPorts } from "./permissions";
import {
  type AccessTest,
  canonicalPolicy,
  covers,
  defaultPolicy,
  type PolicyDevice,
  type PolicyFile,
  parsePolicy,
  resolveParty,
} from "./policy-file";
import { policyProblems } from "./policy-problems";

const aclKind = "tailscale:index/acl:Acl";
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
    "You seem to be trying to overwrite a non-default policy with an Acl resource. Import the existing policy first (id: acl), or set overwriteExistingContent. (precondition failed, invalid old hash)",
    412,
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
  return new ServiceError("400", `${message}: ${problems.join("; ")}`);
}

function policyDevices(world: WorldReading): readonly PolicyDevice[] {
  return world.list(deviceKind).map(({ properties }) => ({
    addresses: textsAt(properties, "addresses"),
    tags: textsAt(properties, "tags"),
    user: textAt(properties, "user") ?? "",
  }));
}

/** The policy in force. */
function currentPolicy(world: WorldReading): PolicyFile {
  const parsed = parsePolicy(currentPolicyText(world));
  return parsed.kind === "policy" ? parsed.policy : {};
}

export function currentPolicyText(world: WorldReading): string {
  return textAt(world.get(aclKind, "acl")?.properties ?? {}, "acl") ?? defaultPolicy;
}

/** Refuses tags that the policy gives to nobody. */
export function refuseUnownedTags({ world, inputs }: ServiceContext): void {
  const owned = currentPolicy(world).tagOwners ?? {};
  const unowned = textsAt(inputs, "tags").filter((tag) => !Object.hasOwn(owned, tag));
  if (unowned.length === 0) return;
  throw new ServiceError("400", `requested tags [${unowned.join(" ")}] are invalid or not permitted`);
}

/** The policy's own tests that fail, in Tailscale's words. */
export function failedTests(policy: PolicyFile, devices: readonly PolicyDevice[]): readonly string[] {
  return [...failedAccessTests(policy, devices), ...failedSshTests(policy, devices)];
}

function failedAccessTests(policy: PolicyFile, devices: readonly PolicyDevice[]): readonly string[] {
  const permissions = permissionsOf(policy);
  return (policy.tests ?? []).flatMap((test) => {
    const wanted = (targets: readonly string[] | undefined, expected: "Accept" | "Drop") =>
      (targets ?? []).flatMap((target) => {
        const got = isPermitted(permissions, policy, devices, test, target) ? "Accept" : "Drop";
        return got === expected ? [] : [`test from ${test.src}: address "${target}": want: ${expected}, got: ${got}`];
      });
    return [...wanted(test.accept, "Accept"), ...wanted(test.deny, "Drop")];
  });
}

type SshAnswer = "accept" | "check" | "deny";

function failedSshTests(policy: PolicyFile, devices: readonly PolicyDevice[]): readonly string[] {
  return (policy.sshTests ?? []).flatMap((test) =>
    test.dst.flatMap((destination) => {
      const wanted = (users: readonly string[] | undefined, expected: SshAnswer) =>
        (users ?? []).flatMap((user) => {
          const got = sshAnswer(policy, devices, test.src, destination, user);
          const between = `ssh test from ${test.src} to ${destination}`;
          return got === expected ? [] : [`${between}: user "${user}": want: ${expected}, got: ${got}`];
        });
      return [...wanted(test.accept, "accept"), ...wanted(test.check, "check"), ...wanted(test.deny, "deny")];
    }),
  );
}

/** What becomes of a sign-in: a check asks for more than an acceptance, and comes first (Tailscale documentation, "Tailscale SSH"). */
function sshAnswer(
  policy: PolicyFile,
  devices: readonly PolicyDevice[],
  from: string,
  to: string,
  user: string,
): SshAnswer {
  const [source, destination] = [resolveParty(from, policy, devices), resolveParty(to, policy, devices)];
  const actions = (policy.ssh ?? [])
    .filter(
      (rule) =>
        rule.src.some((selector) => covers(selector, source, policy)) &&
        rule.dst.some((selector) => covers(selector, destination, policy, source)) &&
        rule.users.some((each) => each === user || (each === "autogroup:nonroot" && user !== "root")),
    )
    .map(({ action }) => action);
  return actions.includes("check") ? "check" : actions.includes("accept") ? "accept" : "deny";
}

function isPermitted(
  permissions: readonly Permission[],
  policy: PolicyFile,
  devices: readonly PolicyDevice[],
  test: AccessTest,
  target: string,
): boolean {
  const { host, ports } = splitPorts(target);
  const source = resolveParty(test.src, policy, devices);
  const destination = resolveParty(host, policy, devices);
  const port = Number(ports);
  const protocol = test.proto ?? "tcp";
  return permissions.some(
    (permission) =>
      permission.sources.some((selector) => covers(selector, source, policy)) &&
      covers(permission.destination, destination, policy, source) &&
      permission.ports.some((range) => opens(range, protocol, port)),
  );
}

function opens({ protocol, first, last }: PortRange, wantedProtocol: string, port: number): boolean {
  return (protocol === undefined || protocol === wantedProtocol) && port >= first && port <= last;
}
