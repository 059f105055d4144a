import type { ContainerAppArgs as AzureContainerAppArgs } from "@pulumi/azure-native/app";
import * as pulumi from "@pulumi/pulumi";
import type { Transform } from "../transform/transform";
import type { ContainerSpec } from "./container-spec";
import type { Ingress } from "./ingress";
import type { Scale } from "./scale";

export interface ContainerAppArgs extends ContainerSpec {
  /** Who can call it. @example { exposure: "network", port: 8080 } */
  readonly ingress: Ingress;
  /** How many replicas. Default: 1 to 3. */
  readonly scale?: Scale | undefined;
  /** Paths that say how the app is. Default: Azure checks that the port answers. */
  readonly probes?: Probes | undefined;
  /** Names of its own, each with a certificate that Azure issues and renews. Only where the app has a public address. */
  readonly customDomains?: readonly CustomDomain[] | undefined;
  readonly transform?: { readonly app?: Transform<AzureContainerAppArgs> };
}

/** Paths that answer 2xx or 3xx when all is well. */
export interface Probes {
  /** Restarted when it fails. @example "/health/live" */
  readonly liveness?: string | undefined;
  /** Taken out of rotation while it fails. @example "/health/ready" */
  readonly readiness?: string | undefined;
  /** Given time to start. Default: the liveness path. */
  readonly startup?: string | undefined;
}

/** A name of the app's own. */
export interface CustomDomain {
  /** @example "api.dev.alai.no" */
  readonly hostname: string;
  /** The Cloudflare zone that gets the TXT and CNAME records. */
  readonly zoneId: pulumi.Input<string>;
}

/** An app that serves requests or works on its own. */
export class ContainerApp extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  /** The name it has in its environment, or its first custom domain; undefined without ingress. */
  readonly url: pulumi.Output<string> | undefined;
  readonly principalId: pulumi.Output<string>;
  /** The image that runs after this deployment. */
  readonly image: pulumi.Output<string>;

  constructor(name: string, args: ContainerAppArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:containerapps:ContainerApp", name, {}, opts);
    void args;
    this.id = pulumi.output("");
    this.url = undefined;
    this.principalId = pulumi.output("");
    this.image = pulumi.output("");
  }
}
