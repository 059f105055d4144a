import type { input } from "@pulumi/azure-native/types";
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
 */
export type Ingress =
  | { readonly exposure: "none" }
  | { readonly exposure: "environment"; readonly port: number }
  | { readonly exposure: "network"; readonly port: number }
  | {
      readonly exposure: "addresses";
      readonly port: number;
      readonly reachedBy: readonly Extract<Reach, { via: "addresses" }>[];
    };

/** What is wrong with an exposure in an environment; empty when it is right. */
export function ingressProblems(ingress: Ingress, environment: Pick<EnvironmentReference, "internal">): string[] {
  if (ingress.exposure === "network" && !environment.internal) {
    return [
      'ingress.exposure is "network", but the environment has a public address; use "environment" or "addresses", or an internal environment',
    ];
  }
  if (ingress.exposure === "addresses" && environment.internal) {
    return [
      'ingress.exposure is "addresses", but the environment has no public address; use "network", or an environment that is not internal',
    ];
  }
  return [];
}

/**
 * The ingress as Azure takes it.
 *
 * @param component how errors name the component
 * @throws when the listed addresses are too wide or none
 */
export function ingressArgs(
  component: string,
  ingress: Ingress,
  environment: Pick<EnvironmentReference, "networkBlocks">,
  domains: readonly CustomDomain[],
): input.app.IngressArgs | undefined {
  if (ingress.exposure === "none") return undefined;
  const allowed = allowedBlocks(component, ingress, environment);
  return {
    external: ingress.exposure !== "environment",
    targetPort: ingress.port,
    transport: "Auto",
    allowInsecure: false,
    clientCertificateMode: "Ignore",
    stickySessions: { affinity: "none" },
    traffic: [{ latestRevision: true, weight: 100 }],
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
    case "addresses":
      return reachPlan(component, ingress.reachedBy, { network: false }).addresses.map(plainAddress);
  }
}
