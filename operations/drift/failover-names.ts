import type { OperationLog, ResourceRow } from "../../deployment/display/operation-log";
import type { DriftDifference } from "./drift-finding";

/** The address that failover names must point at: the lease's primary. It is runtime state, in neither program nor stack state. */
export type PrimaryAddress =
  | { readonly kind: "known"; readonly primary: string; readonly address: string; readonly term: number }
  /** The lease cannot be read: nothing can be said about where the name should point. */
  | { readonly kind: "unknown"; readonly why: string };

/** A failover name's record, as `FailoverName` makes it. */
export function isFailoverName({ urn }: { readonly urn: string }): boolean {
  return urn.includes("landscape:failover-name:FailoverName$cloudflare:index/dnsRecord:DnsRecord::");
}

/**
 * Compares failover names with the lease instead of the state. A record that points at the lease's primary is right, whatever it pointed
 * at when it was deployed; one that does not is reported also when the cloud and the state agree on it.
 */
export function compareWithLease(
  differences: readonly DriftDifference[],
  refresh: OperationLog,
  primary: PrimaryAddress,
): readonly DriftDifference[] {
  if (primary.kind === "unknown") return differences;
  const names = [...refresh.rows.values()].filter(isFailoverName);
  const urns = new Set(names.map(({ urn }) => urn));
  return [
    ...differences.flatMap((difference) =>
      urns.has(difference.urn ?? "") ? withoutContent(difference) : [difference],
    ),
    ...names.flatMap((name) => findMisdirection(name, primary.address)),
  ];
}

function withoutContent(difference: DriftDifference): readonly DriftDifference[] {
  if (difference.kind !== "changed") return [difference];
  const properties = difference.properties.filter(({ path }) => path !== "content");
  return properties.length === 0 ? [] : [{ ...difference, properties }];
}

/** The program ignores changes of the content, so no engine reports them: the content that the refresh read is compared here. */
function findMisdirection({ urn, type, name, steps }: ResourceRow, address: string): readonly DriftDifference[] {
  const read = [...steps.values()].map((step) => step.new).findLast((state) => state?.outputs !== undefined);
  const actual: unknown = read?.outputs?.content;
  // A deleted record is reported as deleted.
  if (read === undefined || typeof actual !== "string" || actual === address) return [];
  const properties = [{ path: "content", before: address, after: actual }];
  return [{ kind: "misdirected", urn, type, name, id: read.id ?? "", properties }];
}
