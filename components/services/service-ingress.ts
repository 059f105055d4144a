import { interpolate, type Output } from "@pulumi/pulumi";
import { refusal } from "../../lib/refusal";
import type { CustomDomain } from "../container-apps/custom-domain";
import type { Ingress } from "../container-apps/ingress";
import type { OriginCertificateArgs } from "../container-apps/origin-certificate";
import type { AppInventory, ServiceInventory } from "../container-apps/schema";
import { physicalName } from "../naming/physical-name";
import type { Reach } from "../reach/reach-plan";
import type { ScriptPlacement } from "../scheduled-script/scheduled-script";
import type { ServicePlacement } from "./deploy-services";
import type { EnvironmentInventory } from "./environment-schema";

/** Who can call an app, and by which names of its own. Where a public app has no name, its environment's apps call it. */
export function exposureOf(
  { name, ingress, domains }: AppInventory,
  placement: ServicePlacement,
): { readonly ingress: Ingress; readonly customDomains?: readonly CustomDomain[] } {
  if (ingress.exposure !== "public") return { ingress: ingressOf(ingress) };
  const { port } = ingress;
  if (domains === undefined) return { ingress: { exposure: "environment", port } };
  return {
    ingress: { exposure: "public", port },
    customDomains: domains.map((hostname) => customDomain(name, hostname, placement)),
  };
}

function customDomain(
  app: string,
  hostname: string,
  { zones = new Map(), balancers = new Map(), environment }: ServicePlacement,
): CustomDomain {
  const zone = [...zones].find(([domain]) => hostname.endsWith(`.${domain}`));
  if (zone === undefined || environment.certificateId === undefined) {
    const missing = zone === undefined ? "zone that holds it" : "certificate to show the edge";
    throw refusal(`ContainerApp "${app}"`, [`it is public as ${hostname}, but the environment has no ${missing}`]);
  }
  const isOrigin = balancers.has(hostname);
  return { hostname, zoneId: zone[1], certificateId: environment.certificateId, isOrigin };
}

/** The names that an environment's certificate is for; none where it has no certificate, so that no job renews one. */
export function certificateNames(
  services: readonly ServiceInventory[],
  { apps }: Pick<EnvironmentInventory, "apps">,
): readonly string[] {
  if (apps?.certificate === undefined) return [];
  return services.flatMap((service) => (service.kind === "app" ? (service.domains ?? []) : []));
}

/** Makes what renews the certificate of an environment's public apps. */
export type CertificateRenewer = (args: Omit<OriginCertificateArgs, "image">) => void;

/** Has an environment's certificate renewed, where an app has a name. @throws when it is not said by what */
export function renewCertificate(
  services: readonly ServiceInventory[],
  entry: Pick<EnvironmentInventory, "apps">,
  { vault, ...place }: Pick<ServicePlacement, "vault"> & Omit<ScriptPlacement, "image">,
  renew: CertificateRenewer | undefined,
): void {
  const named = entry.apps?.certificate;
  const hostnames = certificateNames(services, entry);
  if (named === undefined || hostnames.length === 0) return;
  if (renew === undefined)
    throw refusal(`environment "${place.context.environment}"`, [
      "apps are public in it, and nothing renews its certificate",
    ]);
  renew({ ...place, hostnames, certificate: vault.secret(named.secret), token: vault.secret(named.token) });
}

function ingressOf(ingress: Exclude<AppInventory["ingress"], { exposure: "public" }>): Ingress {
  if (ingress.exposure !== "addresses") return ingress;
  const { exposure, port, ...callers } = ingress;
  const reachedBy = (["laptops", "hosts", "ci"] as const).flatMap((who): Extract<Reach, { via: "addresses" }>[] => {
    const addresses = callers[who];
    return addresses === undefined ? [] : [{ who, via: "addresses", addresses }];
  });
  return { exposure, port, reachedBy };
}

/**
 * The variable that tells a service of one that it calls: `https://` and its host, or the host and port of one over TCP.
 *
 * @param variable what the variable's name begins with
 * @throws when the environment has no service of that name, or one that nobody calls
 */
export function addressOf(
  name: string,
  variable: string,
  services: readonly ServiceInventory[],
  { context, environment, balancers = new Map() }: Pick<ServicePlacement, "context" | "environment" | "balancers">,
): readonly [variable: string, address: Output<string> | string] {
  const called = services.find((service) => service.name === name);
  if (called?.kind !== "app" || called.ingress.exposure === "none") {
    throw refusal(`service "${name}"`, ["a service calls it, and nobody can"]);
  }
  const { ingress, domains } = called;
  const app = physicalName(context, "containerApp", name);
  if ("transport" in ingress && ingress.transport === "tcp") return [`${variable}_ADDRESS`, `${app}:${ingress.port}`];
  // Past the edge, a public app answers nobody; within its environment neither.
  if (ingress.exposure === "public" && domains?.[0] !== undefined)
    return [`${variable}_URL`, `https://${balancers.get(domains[0]) ?? domains[0]}`];
  const isInside = ingress.exposure === "environment" || ingress.exposure === "public";
  return [`${variable}_URL`, interpolate`https://${app}.${isInside ? "internal." : ""}${environment.defaultDomain}`];
}
