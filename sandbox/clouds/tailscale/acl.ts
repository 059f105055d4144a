import { ServiceError } from "../../engine/provider";
import type { WorldTransaction } from "../../world/world";
import { flagAt, textAt, textsAt } from "../read-property";
import type { ServiceContext, TypeRule } from "../type-rule";
import {
  type AccessTest,
  canonicalPolicy,
  covers,
  defaultPolicy,
  type PolicyDevice,
  type PolicyFile,
  parsePolicy,
  resolveParty,
  selectorProblem,
} from "./policy-file";

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
  throw new ServiceError("400", `requested tags [${unowned.join(" ")}] are invalid or not permitted`);
}

interface PortRange {
  /** Absent: every protocol. */
  readonly protocol: string | undefined;
  readonly first: number;
  readonly last: number;
}

/** One permission, whether it was written as an ACL rule or a grant. */
interface Permission {
  readonly sources: readonly string[];
  readonly destination: string;
  readonly ports: readonly PortRange[];
}

/** What is wrong with the rules by themselves: names that the policy does not define. */
export function policyProblems(policy: PolicyFile): readonly string[] {
  const problem = (side: string, selectors: readonly string[]): readonly string[] =>
    selectors.flatMap((selector) => {
      const found = selectorProblem(selector, policy);
      return found === undefined ? [] : [`${side}=${found}`];
    });
  const owners = Object.values(policy.tagOwners ?? {}).flat();
  return [
    ...permissionsOf(policy).flatMap(({ sources, destination }) => [
      ...problem("src", sources),
      ...problem("dst", [destination]),
    ]),
    ...(policy.ssh ?? []).flatMap(({ src, dst }) => [...problem("src", src), ...problem("dst", dst)]),
    ...problem("tagOwners", owners),
    ...(policy.tests ?? []).flatMap(({ src }) => problem("test src", [src])),
  ];
}

/** The policy's own tests that fail, in Tailscale's words. */
export function failedTests(policy: PolicyFile, devices: readonly PolicyDevice[]): readonly string[] {
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

function permissionsOf(policy: PolicyFile): readonly Permission[] {
  const rules = (policy.acls ?? []).flatMap((rule) =>
    (rule.dst ?? rule.ports ?? []).map((target) => {
      const { host, ports } = splitPorts(target);
      return {
        sources: rule.src ?? rule.users ?? [],
        destination: host,
        ports: ports.split(",").map((range) => portRange(range, rule.proto)),
      };
    }),
  );
  const grants = (policy.grants ?? []).flatMap((grant) =>
    grant.dst.map((destination) => ({
      sources: grant.src,
      destination,
      ports: (grant.ip ?? []).map((entry) => {
        const separator = entry.lastIndexOf(":");
        return portRange(entry.slice(separator + 1), separator < 0 ? undefined : entry.slice(0, separator));
      }),
    })),
  );
  return [...rules, ...grants];
}

/** `tag:db:5432` is the host `tag:db` and the ports `5432`; `[fd7a::1]:22` an address and a port. */
function splitPorts(target: string): { readonly host: string; readonly ports: string } {
  const separator = target.lastIndexOf(":");
  const host = target.slice(0, separator).replace(/^\[(.*)\]$/, "$1");
  return { host, ports: target.slice(separator + 1) };
}

function portRange(text: string, protocol: string | undefined): PortRange {
  if (text === "*" || !/^\d/.test(text))
    return { protocol: /^[a-z]/.test(text) ? text : protocol, first: 0, last: 65_535 };
  const [first = 0, last = first] = text.split("-").map(Number);
  return { protocol, first, last };
}
