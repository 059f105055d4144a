import type { input } from "@pulumi/azure-native/types";
import { cloudflareAddresses } from "../../lib/cloudflare-addresses";
import { plainAddress, type Reach, reachPlan } from "../reach/reach-plan";
import type { EnvironmentReference } from "./container-spec";
import type { CustomDomain } from "./custom-domain";

/**
 * Who can call an app.
 *
 * - `none`: nobody; it only calls others.
 * - `environment`: the other apps of its environment.
 * - `network`: whatever is in the network, and with a router the tailnet. Only in an internal environment.
 * - `addresses`: listed public addresses. Only in an environment with a public address.
 * - `public`: everybody, through the edge, by the app's custom domains. Nobody but Cloudflare's proxies comes to the app itself, and each
 *   has to show a client certificate (authenticated origin pulls). Only in an environment with a public address and a certificate.
 *
 * Container Apps asks for the client certificate and does not check whose it is: the app compares the hash in the header
 * `X-Forwarded-Client-Cert` with that of the zone's. Source: Azure documentation, "Configure client certificate authentication".
 */
export type Ingress =
  | { readonly exposure: "none" }
  | ({ readonly exposure: "environment" | "network" } & Inside)
  | ({ readonly exposure: "addresses"; readonly reachedBy: readonly Extract<Reach, { via: "addresses" }>[] } & Answers)
  | ({ readonly exposure: "public" } & Answers);

interface Answers {
  /** The port that the container listens on. */
  readonly port: number;
  /** Whether a visitor's requests all go to one replica, by a cookie. HTTP only. Default: false. */
  readonly affinity?: boolean | undefined;
}

interface Inside extends Answers {
  /**
   * What the container speaks. `tcp`: anything, under the container's own port; callers within the environment use the app's name alone.
   * Default: `http`.
   */
  readonly transport?: "http" | "tcp" | undefined;
}

/** The port that an app listens on; undefined when nobody calls it. */
export function portOf(ingress: Ingress): number | undefined {
  return ingress.exposure === "none" ? undefined : ingress.port;
}

/** Whether an app is called over HTTP. */
export function answersHttp(ingress: Ingress): boolean {
  return ingress.exposure !== "none" && !isTcp(ingress);
}

function isTcp(ingress: Exclude<Ingress, { exposure: "none" }>): boolean {
  return "transport" in ingress && ingress.transport === "tcp";
}

/** What is wrong with an exposure in an environment; empty when it is right. */
export function ingressProblems(
  ingress: Ingress,
  environment: Pick<EnvironmentReference, "internal" | "certificateId">,
): string[] {
  if (ingress.exposure === "network" && !environment.internal) {
    return [
      'ingress.exposure is "network", but the environment has a public address; use "environment" or "addresses", or an internal environment',
    ];
  }
  if ((ingress.exposure === "addresses" || ingress.exposure === "public") && environment.internal) {
    return [
      `ingress.exposure is "${ingress.exposure}", but the environment has no public address; use "network", or an environment that is not internal`,
    ];
  }
  if (ingress.exposure === "public" && environment.certificateId === undefined) {
    return ['ingress.exposure is "public", but the environment has no certificate to show the edge; give it one'];
  }
  return [];
}

/**
 * The ingress as Azure takes it.
 *
 * @param component how errors name the component
 * @param traffic how requests are split
 * @throws when the listed addresses are too wide or none
 */
export function ingressArgs(
  component: string,
  ingress: Ingress,
  environment: Pick<EnvironmentReference, "networkBlocks">,
  domains: readonly CustomDomain[],
  traffic: NonNullable<input.app.IngressArgs["traffic"]>,
): input.app.IngressArgs | undefined {
  if (ingress.exposure === "none") return undefined;
  const allowed = allowedBlocks(component, ingress, environment);
  return {
    external: ingress.exposure !== "environment",
    targetPort: ingress.port,
    // Azure refuses what is for HTTP beside TCP (microsoft/azure-container-apps#375).
    ...(isTcp(ingress)
      ? { transport: "Tcp", exposedPort: ingress.port }
      : {
          transport: "Auto",
          allowInsecure: false,
          clientCertificateMode: ingress.exposure === "public" ? "Require" : "Ignore",
          stickySessions: { affinity: ingress.affinity === true ? "sticky" : "none" },
        }),
    traffic,
    // Always ours: an update that leaves them out would remove what is bound.
    customDomains: domains.map(({ hostname, certificateId }) => ({
      name: hostname,
      bindingType: "SniEnabled",
      certificateId,
    })),
    ipSecurityRestrictions: allowed.map((ipAddressRange, index) => ({
      name: `allow-${index + 1}`,
      action: "Allow",
      ipAddressRange,
    })),
  };
}

function allowedBlocks(
  component: string,
  ingress: Exclude<Ingress, { exposure: "none" }>,
  environment: Pick<EnvironmentReference, "networkBlocks">,
): readonly string[] {
  switch (ingress.exposure) {
    case "environment":
      return [];
    case "network":
      return environment.networkBlocks;
    case "public":
      // Container Apps answers on IPv4 only.
      return cloudflareAddresses.ipv4;
    case "addresses":
      return reachPlan(component, ingress.reachedBy, { network: false }).addresses.map(plainAddress);
  }
}
