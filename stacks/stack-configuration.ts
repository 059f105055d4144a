import * as pulumi from "@pulumi/pulumi";
import type { StackContext } from "../components/context/stack-context";
import { pullRequestOf } from "./registry";

/** What `Pulumi.<stack>.yaml` says of every stack, with the defaults of `Pulumi.yaml`. */
export interface StackConfiguration {
  readonly context: StackContext;
  /** The project's own settings, for what only some stacks need. */
  readonly settings: pulumi.Config;
  /** The Azure subscription everything is deployed in, as an Azure id. */
  readonly subscription: string;
  /** The Entra tenant. */
  readonly tenantId: string;
}

/** @throws when a setting is missing; the message names it and how to set it */
export function readStackConfiguration(): StackConfiguration {
  const settings = new pulumi.Config();
  const azure = new pulumi.Config("azure-native");
  const project = settings.require("system");
  const environment = settings.require("environment");
  const pullRequest = pullRequestOf(pulumi.getStack());
  return {
    settings,
    subscription: `/subscriptions/${azure.require("subscriptionId")}`,
    tenantId: azure.require("tenantId"),
    context: {
      project,
      environment,
      lasting: settings.requireBoolean("lasting"),
      generation: settings.get("generation"),
      location: settings.require("location"),
      tags: {
        Project: project,
        Environment: environment,
        ManagedBy: "pulumi",
        Team: settings.require("team"),
        CostCenter: settings.require("costCenter"),
        ...(pullRequest === undefined ? {} : { PullRequest: String(pullRequest) }),
      },
    },
  };
}
