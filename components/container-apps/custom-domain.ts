import { ManagedCertificate } from "@pulumi/azure-native/app";
import { DnsRecord } from "@pulumi/cloudflare/dnsRecord";
import * as pulumi from "@pulumi/pulumi";
import type { EnvironmentReference } from "./container-spec";
import type { Ingress } from "./ingress";

/** A name of the app's own. */
export interface CustomDomain {
  /** A name below the zone's own: a certificate by CNAME is not for the apex. @example "api.dev.alai.no" */
  readonly hostname: string;
  /** The Cloudflare zone that gets the TXT and CNAME records. */
  readonly zoneId: pulumi.Input<string>;
}

/** Everything that is wrong with an app's names; empty when it is right. */
export function domainProblems(domains: readonly CustomDomain[], ingress: Ingress): string[] {
  const problems: string[] = [];
  if (domains.length > 0 && ingress.exposure !== "addresses") {
    problems.push(
      `customDomains need a public endpoint for their certificates, but ingress.exposure is "${ingress.exposure}"; use "addresses", or leave them out`,
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

/** Proves that the name is ours and leads it to the app. Unproxied: Azure looks at the CNAME when it issues and renews. */
export function pointDomain(
  name: string,
  domain: CustomDomain,
  appName: string,
  environment: EnvironmentReference,
  parent: pulumi.Resource,
): pulumi.Resource[] {
  const { hostname, zoneId } = domain;
  const record = { zoneId, proxied: false, ttl: 300 };
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
        ...record,
        type: "CNAME",
        name: hostname,
        content: pulumi.interpolate`${appName}.${environment.defaultDomain}`,
      },
      { parent },
    ),
  ];
}

/** The certificate comes after the app that has the name; Azure then binds it by itself, since the binding is `Auto`. */
export function certifyDomain(
  name: string,
  domain: CustomDomain,
  environment: EnvironmentReference,
  location: string,
  app: pulumi.Resource,
  parent: pulumi.Resource,
): ManagedCertificate {
  return new ManagedCertificate(
    `${name}-${domain.hostname}`,
    {
      resourceGroupName: environment.resourceGroupName,
      environmentName: environment.environmentName,
      location,
      managedCertificateName: domain.hostname.replaceAll(".", "-"),
      properties: { subjectName: domain.hostname, domainControlValidation: "CNAME" },
    },
    { parent, dependsOn: [app] },
  );
}
