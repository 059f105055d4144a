import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { StackContext } from "../components/context/stack-context";
import { LocatedError } from "../lib/located-yaml/located-error";
import { configurationProblems } from "./configuration-problems";
import { pullRequestOf, type StackDefinition } from "./registry";
import type { StackSettings } from "./settings";

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

/**
 * Reads the configuration of the stack that is deployed.
 *
 * @param own what its composition needs beyond the settings of every stack
 * @throws {LocatedError} with everything that is wrong with it, each with its line in the stack's file: values, keys that nobody
 *   reads, keys that are missing
 */
export function readStackConfiguration(stack: StackDefinition, own: StackSettings): StackConfiguration {
  const problems = configurationProblems({
    project: pulumi.getProject(),
    stack,
    own,
    values: pulumi.runtime.allConfig(),
    file: join(__dirname, "..", `Pulumi.${stack.name}.yaml`),
  });
  if (problems.length > 0) throw new LocatedError(problems, `the configuration of ${stack.name}`);
  const settings = new pulumi.Config();
  const azure = new pulumi.Config("azure-native");
  const project = settings.require("system");
  const environment = settings.require("environment");
  const pullRequest = pullRequestOf(stack.name);
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

/** What another stack of this project says of itself. @example stackReference("prod").getOutput("vaultUri") */
export function stackReference(stack: string): pulumi.StackReference {
  return new pulumi.StackReference(`${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`);
}
