import * as pulumi from "@pulumi/pulumi";
import type { EnvironmentReference } from "../container-apps/container-spec";
import type { StackContext } from "../context/stack-context";
import type { SecretReference } from "../key-vault/secret-reference";

export interface TailnetRouterArgs {
  readonly context: StackContext;
  readonly resourceGroupName: pulumi.Input<string>;
  /** Where it runs: in the network it routes to. */
  readonly environment: EnvironmentReference;
  /** The blocks it routes to. @example network.privateBlocks */
  readonly routes: readonly string[];
  /** The tailnet's tag for it; the policy lets the tag approve its own routes. @example "tag:router" */
  readonly tag: string;
  /** Where the auth key is: reusable, ephemeral, pre-approved, for the tag. */
  readonly authKey: SecretReference;
  /** Names that only the network resolves: the `privateNames` of what is private. */
  readonly privateNames: readonly pulumi.Input<string>[];
}

/** What the tailnet's owner must set so that its devices resolve private names through the router. */
export interface SplitDns {
  readonly domains: string[];
  readonly nameservers: string[];
}

/** A small app in the network that routes the tailnet to what is private there. */
export class TailnetRouter extends pulumi.ComponentResource {
  /** For the stack that owns the tailnet's DNS. */
  readonly splitDns: pulumi.Output<SplitDns>;
  /** Everything it routes, with Azure's resolver: what the policy's auto-approvers name. */
  readonly routes: readonly string[];

  constructor(name: string, args: TailnetRouterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:tailnet:TailnetRouter", name, {}, opts);
    this.routes = args.routes;
    this.splitDns = pulumi.output({ domains: [], nameservers: [] });
  }
}
