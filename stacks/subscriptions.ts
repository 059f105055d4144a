import { join } from "node:path";
import { z } from "zod";
import { readYaml } from "../lib/located-yaml/read-yaml";
import { findStack } from "./registry";

/** What a stack's file says of its subscription; the rest is the stack's own to check. */
const stackFileSchema = z.looseObject({ config: z.looseObject({ "azure-native:subscriptionId": z.guid() }) });

/**
 * The id of the subscription that a stack deploys to, as `Pulumi.<stack>.yaml` has it.
 *
 * @param stack its name, or `preview` for the template of preview environments
 * @param root the project's directory. Default: this one
 * @throws {LocatedError} when its file names none
 */
export function subscriptionOf(stack: string, root: string = join(__dirname, "..")): string {
  const { config } = readYaml({
    file: join(root, `Pulumi.${stack}.yaml`),
    schema: stackFileSchema,
    of: `the configuration of ${stack}`,
  });
  return config["azure-native:subscriptionId"];
}

/** A stack with what it takes to deploy it. */
export interface SubscribedStack {
  readonly name: string;
  readonly subscription: string;
  readonly approval: "merge" | "reviewers" | "a-person" | "pull-request";
}

/**
 * Stacks that must not share a subscription, and do. Whoever deploys a stack is Contributor of its subscription, and can change all
 * that is in there: so only stacks of one system that the same people let in may share one.
 */
export function sharedSubscriptions(stacks: readonly SubscribedStack[]): string[] {
  return stacks.flatMap((stack, index) => {
    const other = stacks
      .slice(0, index)
      .find((earlier) => earlier.subscription.toLowerCase() === stack.subscription.toLowerCase());
    if (other === undefined) return [];
    const isSameSystem = findStack(other.name)?.system === findStack(stack.name)?.system;
    if (isSameSystem && other.approval === stack.approval) return [];
    return [
      `whoever deploys ${stack.name} could change what ${other.name} deployed, which ${isSameSystem ? "others approve" : "belongs to another system"}: both are in the subscription ${stack.subscription}; give ${stack.name} one of its own, azure-native:subscriptionId in Pulumi.${stack.name}.yaml`,
    ];
  });
}
