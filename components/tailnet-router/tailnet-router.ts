import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { parseAlignedBlock } from "../../lib/ipv4";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { type RefusalReason, refuse } from "../../lib/refusal";
import { ContainerApp } from "../container-apps/container-app";
import type { EnvironmentReference } from "../container-apps/container-spec";
import { publicImages } from "../container-registry/public-images";
import type { StackContext } from "../context/stack-context";
import type { SecretReference } from "../key-vault/key-vault";
import { azureResolver } from "../network/private-network";
import { blockSchema } from "../network/schema";
import { tagSchema } from "../tailnet/schema";

export interface TailnetRouterArgs {
  readonly context: StackContext;
  readonly resourceGroupName: pulumi.Input<string>;
  /** Where it runs: in the network it routes to. */
  readonly environment: EnvironmentReference;
  /** The blocks it routes to; at least one. @example network.privateBlocks */
  readonly routes: readonly string[];
  /** The tailnet's tag for it; the tailnet's policy lets the tag approve its own routes. @example "tag:router" */
  readonly tag: string;
  /**
   * Where the secret is that it joins with, at each start anew: of an OAuth client that may make keys for the tag, which does not end,
   * with `?ephemeral=true&preauthorized=true` behind it. Set outside this program; docs/decisions/0066 says why no auth key.
   */
  readonly authKey: SecretReference;
  /** Names that only the network resolves: the `privateNames` of what is private. */
  readonly privateNames: readonly pulumi.Input<string>[];
  /** The image. Default: that of {@link publicImages}. */
  readonly image?: { readonly repository: string; readonly digest: string } | undefined;
}

/** Two would both answer: ephemeral nodes with the same routes, of which the tailnet uses one. */
export const routerReplicas = { min: 1, max: 1 } as const;

/** What the owner of the tailnet's DNS sets so that its devices resolve private names through the router. */
export interface SplitDns {
  /** Sorted. */
  readonly domains: string[];
  readonly nameservers: string[];
}

/**
 * A small app in the network that routes the tailnet to what is private there. It needs no kernel module and no open port: it
 * connects out, and forgets itself when it stops.
 */
export class TailnetRouter extends pulumi.ComponentResource {
  /** For the stack that owns the tailnet's DNS. */
  readonly splitDns: pulumi.Output<SplitDns>;
  /** The app's resource id. */
  readonly id: pulumi.Output<string>;
  /** Everything it routes, Azure's resolver included: what the policy's auto-approvers name. */
  readonly routes: readonly string[];

  constructor(name: string, args: TailnetRouterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:tailnet:TailnetRouter", name, {}, opts);
    refuse(`TailnetRouter "${name}"`, routerProblems(args), args);
    this.routes = [...args.routes, `${azureResolver}/32`];
    this.splitDns = pulumi
      .all([...args.privateNames])
      .apply((domains) => ({ domains: [...new Set(domains)].sort(), nameservers: [azureResolver] }));

    const app = new ContainerApp(
      name,
      {
        context: args.context,
        resourceGroupName: args.resourceGroupName,
        environment: args.environment,
        image: { ...publicImages.tailscale, ...args.image },
        ingress: { exposure: "none" },
        scale: routerReplicas,
        env: routerEnvironment(`${args.context.project}-${args.context.environment}-${name}`, args.tag, this.routes),
        secrets: { TS_AUTHKEY: args.authKey },
      },
      { parent: this },
    );
    this.id = app.id;
    this.registerOutputs({ splitDns: this.splitDns, routes: this.routes });
  }
}

/** How the container is told what to be. Source: Tailscale documentation, "Using Tailscale with Docker". */
function routerEnvironment(hostname: string, tag: string, routes: readonly string[]): Record<string, string> {
  return {
    TS_ACCEPT_DNS: "false",
    TS_EXTRA_ARGS: `--advertise-tags=${tag}`,
    TS_HOSTNAME: hostname,
    TS_ROUTES: routes.join(","),
    // Kept in memory: the container has no disk, and the node is ephemeral.
    TS_STATE_DIR: "mem:",
    TS_USERSPACE: "true",
  };
}

const routerArguments = z.object({
  routes: z.array(blockSchema).min(1, "expected at least one of the network's private blocks"),
  tag: tagSchema,
});

function routerProblems(args: TailnetRouterArgs): readonly RefusalReason[] {
  const everything = args.routes.filter((route) => parseAlignedBlock(route)?.prefix === 0);
  return [
    ...argumentProblems(routerArguments, args),
    ...everything.map((route) => `routes: "${route}" would make it an exit node; give the network's private blocks`),
  ];
}
