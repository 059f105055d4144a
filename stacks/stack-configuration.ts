import * as pulumi from "@pulumi/pulumi";
import type { StackContext } from "../components/context/stack-context";

/** What `Pulumi.<stack>.yaml` says, with the defaults of `Pulumi.yaml`. */
export interface StackConfiguration {
  readonly context: StackContext;
  /** The Azure subscription everything is deployed in. */
  readonly subscriptionId: string;
  readonly tenantId: string;
}

/** @throws when a setting is missing; the message names it and how to set it */
export function readStackConfiguration(): StackConfiguration {
  const config = new pulumi.Config("landscape");
  const azure = new pulumi.Config("azure-native");
  const project = config.require("system");
  const environment = config.require("environment");
  return {
    subscriptionId: azure.require("subscriptionId"),
    tenantId: azure.require("tenantId"),
    context: {
      project,
      environment,
      lasting: config.getBoolean("lasting") ?? true,
      location: config.get("location") ?? "swedencentral",
      tags: {
        Project: project,
        Environment: environment,
        ManagedBy: "pulumi",
        Team: config.get("team") ?? "platform",
        CostCenter: config.get("costCenter") ?? "infrastructure",
      },
    },
  };
}
