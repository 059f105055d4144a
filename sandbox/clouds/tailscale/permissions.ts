import type { PolicyFile } from "./policy-file";

/** A port, or several in a row. */
export interface PortRange {
  /** Absent: every protocol. */
  readonly protocol: string | undefined;
  readonly first: number;
  readonly last: number;
}

/** One permission, whether it was written as an ACL rule or a grant. */
export interface Permission {
  readonly sources: readonly string[];
  readonly destination: string;
  readonly ports: readonly PortRange[];
}

/** What a policy permits, rule by rule. */
export function permissionsOf(policy: PolicyFile): readonly Permission[] {
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
export function splitPorts(target: string): { readonly host: string; readonly ports: string } {
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
