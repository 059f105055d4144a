import { DnsRecord } from "@pulumi/cloudflare/dnsRecord";
import * as pulumi from "@pulumi/pulumi";
import type { EnvironmentReference } from "./container-spec";
import type { Ingress } from "./ingress";

/** A name of the app's own. */
export interface CustomDomain {
  /** A name below the zone's own. @example "api.dev.alai.no" */
  readonly hostname: string;
  /** The Cloudflare zone that gets the TXT and CNAME records. */
  readonly zoneId: pulumi.Input<string>;
  /**
   * A certificate of the environment for this name: the id of its `azure-native:app:Certificate`, which takes it from a vault or is
   * given it. Azure's own managed certificates will not do: since August 2025 they are issued and renewed only for apps that
   * everybody can call, and no exposure of ours is that. Source: microsoft/azure-container-apps#1542.
   */
  readonly certificateId: pulumi.Input<string>;
  /** Whether a load balancer at the edge asks the app by this name: then visitors use the balancer's, and this one leads past it. */
  readonly isOrigin?: boolean | undefined;
}

/** Everything that is wrong with an app's names; empty when it is right. */
export function domainProblems(domains: readonly Pick<CustomDomain, "hostname">[], ingress: Ingress): string[] {
  const problems: string[] = [];
  if (domains.length > 0 && (ingress.exposure === "none" || ingress.exposure === "environment")) {
    problems.push(
      `customDomains are for callers from outside the environment, but ingress.exposure is "${ingress.exposure}"; use "public", "addresses" or "network", or leave them out`,
    );
  }
  if (domains.length === 0 && ingress.exposure === "public") {
    problems.push(
      'ingress.exposure is "public", but customDomains is empty: the edge asks the app by its name; give one',
    );
  }
  for (const { hostname } of domains) {
    if (!/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.){2,}[a-z]{2,}$/.test(hostname)) {
      problems.push(
        `customDomains: "${hostname}" is not a lower-case host name below a zone, such as "api.example.com"`,
      );
    }
  }
  const names = domains.map((domain) => domain.hostname);
  const twice = names.find((hostname, index) => names.indexOf(hostname) !== index);
  if (twice !== undefined) problems.push(`customDomains: "${twice}" is given twice; keep one of them`);
  return problems;
}

/**
 * Proves that the name is ours and leads it to the app: through the edge, where the app is public and no load balancer stands before
 * it. To bind a certificate of ours, Azure asks for the TXT record alone.
 */
export function pointDomain(
  name: string,
  domain: CustomDomain,
  appName: string,
  { environment, ingress }: { readonly environment: EnvironmentReference; readonly ingress: Ingress },
  parent: pulumi.Resource,
): pulumi.Resource[] {
  const { hostname, zoneId } = domain;
  const record = { zoneId, proxied: false, ttl: 300 };
  // Cloudflare sets the TTL of what it stands in front of.
  const way = ingress.exposure === "public" && domain.isOrigin !== true ? { zoneId, proxied: true, ttl: 1 } : record;
  return [
    new DnsRecord(
      `${name}-asuid-${hostname}`,
      {
        ...record,
        type: "TXT",
        name: `asuid.${hostname}`,
        content: pulumi.interpolate`"${environment.domainVerificationId}"`,
      },
      { parent },
    ),
    new DnsRecord(
      `${name}-${hostname}`,
      {
        ...way,
        type: "CNAME",
        name: hostname,
        content: pulumi.interpolate`${appName}.${environment.defaultDomain}`,
      },
      { parent },
    ),
  ];
}
