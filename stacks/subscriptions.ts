import { join } from "node:path";
import { z } from "zod";
import type { StackContext } from "../components/context/stack-context";
import { previewEnvironment } from "../components/delivery/delivery-plan";
import { readYaml } from "../lib/located-yaml/read-yaml";
import { deliveryOf } from "./registry";
import { readSystems } from "./systems-file";

/** What a stack's file says that another stack has to know; the rest is the stack's own to check. */
const stackFileSchema = z.looseObject({
  config: z.looseObject({
    "azure-native:subscriptionId": z.guid(),
    "landscape:environment": z.string(),
    "landscape:generation": z.coerce.string().optional(),
  }),
});

function configurationOf(stack: string, root: string) {
  const file = join(root, `Pulumi.${stack}.yaml`);
  return readYaml({ file, schema: stackFileSchema, of: `the configuration of ${stack}` }).config;
}

/**
 * The id of the subscription that a stack deploys to, as `Pulumi.<stack>.yaml` has it.
 *
 * @param stack its name, or `preview` for the template of preview environments
 * @param root the project's directory. Default: this one
 * @throws {LocatedError} when its file names none
 */
export function subscriptionOf(stack: string, root: string = join(__dirname, "..")): string {
  return configurationOf(stack, root)["azure-native:subscriptionId"];
}

/** What the names in a stack's environment are made of beside its system's, as its file says. */
export function environmentOf(
  stack: string,
  root: string = join(__dirname, ".."),
): Pick<StackContext, "environment" | "generation"> {
  const config = configurationOf(stack, root);
  return { environment: config["landscape:environment"], generation: config["landscape:generation"] };
}

/** A stack with what it takes to deploy it. */
export interface SubscribedStack {
  readonly name: string;
  /** Undefined for the template of all systems' preview environments. */
  readonly system: string | undefined;
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
    const isSameSystem = other.system === stack.system;
    if (isSameSystem && other.approval === stack.approval) return [];
    return [
      `whoever deploys ${stack.name} could change what ${other.name} deployed, which ${isSameSystem ? "others approve" : "belongs to another system"}: both are in the subscription ${stack.subscription}; give ${stack.name} one of its own, azure-native:subscriptionId in Pulumi.${stack.name}.yaml`,
    ];
  });
}

/**
 * The same of all stacks of a project, whose list of systems may not be this program's, and of all preview environments.
 *
 * @param project its directory
 * @param newest stacks that give way to the others
 * @throws {LocatedError} when a stack's file names no subscription
 */
export function subscriptionProblems(project: string, newest: readonly string[] = []): string[] {
  const { environments } = deliveryOf(project);
  const isReviewed = (stack: string) => environments.some(({ name, isReviewed }) => name === stack && isReviewed);
  const subscribed = (name: string, system: string | undefined, approval: SubscribedStack["approval"]) => {
    return { name, system, subscription: subscriptionOf(name, project), approval };
  };
  const stacks = Object.entries(readSystems(project)).flatMap(([system, { stacks }]) =>
    stacks.map(({ name, deployedBy }) => {
      const approval = deployedBy === "a-person" ? "a-person" : isReviewed(name) ? "reviewers" : "merge";
      return subscribed(name, system, approval);
    }),
  );
  const isNew = ({ name }: SubscribedStack) => newest.includes(name);
  return sharedSubscriptions([
    ...stacks.filter((stack) => !isNew(stack)),
    subscribed(previewEnvironment, undefined, "pull-request"),
    ...stacks.filter(isNew),
  ]);
}
