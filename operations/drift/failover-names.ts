import type { DeployedResource } from "./deployment-state";
import type { DriftDifference, PropertyChange } from "./finding";

/** Where failover names have to point: at the lease's primary. Runtime state, so neither the program nor the state knows it. */
export type PrimaryAddress =
  | { readonly kind: "known"; readonly primary: string; readonly address: string; readonly term: number }
  /** The lease cannot be read: nothing can be said about where the name should point. */
  | { readonly kind: "unknown"; readonly why: string };

/** A failover name's record, as `FailoverName` makes it. */
export function isFailoverName({ urn }: Pick<DeployedResource, "urn">): boolean {
  return urn.includes("landscape:failover-name:FailoverName$cloudflare:index/dnsRecord:DnsRecord::");
}

/**
 * Compares failover names with the lease instead of the state. A record that points at the lease's primary is right, whatever it pointed
 * at when it was deployed; one that does not is reported also when the cloud and the state agree on it.
 */
export function comparedWithLease(
  differences: readonly DriftDifference[],
  deployed: readonly DeployedResource[],
  primary: PrimaryAddress,
): readonly DriftDifference[] {
  if (primary.kind === "unknown") return differences;
  const names = deployed.filter(isFailoverName);
  const urns = new Set(names.map(({ urn }) => urn));
  return [
    ...differences.flatMap((difference) =>
      urns.has(difference.urn ?? "") ? withoutContent(difference) : [difference],
    ),
    ...names.flatMap((name) => misdirected(name, differences, primary)),
  ];
}

function withoutContent(difference: DriftDifference): readonly DriftDifference[] {
  if (difference.kind !== "changed") return [difference];
  const properties = difference.properties.filter((change) => !isContent(change));
  return properties.length === 0 ? [] : [{ ...difference, properties }];
}

function misdirected(
  { urn, type, id, outputs }: DeployedResource,
  differences: readonly DriftDifference[],
  { address }: Extract<PrimaryAddress, { kind: "known" }>,
): readonly DriftDifference[] {
  const own = differences.filter((difference) => difference.urn === urn);
  if (own.some(({ kind }) => kind === "deleted")) return [];
  const found = own.flatMap(({ properties }) => properties).find(isContent);
  const deployed = typeof outputs.content === "string" ? outputs.content : undefined;
  const actual = found === undefined ? deployed : unquoted(found.after);
  if (actual === undefined || actual === address) return [];
  const properties: PropertyChange[] = [{ path: "content", before: address, after: actual }];
  return [{ kind: "misdirected", urn, type, name: urn.split("::").at(-1) ?? "", id, properties }];
}

function isContent({ path }: PropertyChange): boolean {
  return path === "content";
}

/** Displays quote texts. */
function unquoted(text: string | undefined): string | undefined {
  return text?.replace(/^"(.*)"$/, "$1");
}
