import * as pulumi from "@pulumi/pulumi";
import { takesTags } from "../../lib/taggable-types";
import type { StackContext } from "../context/stack-context";

/**
 * Tags that say where a resource belongs. They are facts of the stack, so a resource cannot say otherwise; everything else it can:
 * another `Team` or `CostCenter` than the stack's, a `Service`, a `Ticket`, an `ExpiresAt`.
 */
const factsOfTheStack = ["Project", "Environment", "ManagedBy"] as const satisfies (keyof StackContext["tags"])[];

/**
 * A stack transformation that gives every resource that takes tags the stack's, merged into its own. Register it before the first
 * resource is made:
 *
 * @example pulumi.runtime.registerStackTransformation(tagTransformation(context));
 */
export function tagTransformation(context: StackContext): pulumi.ResourceTransformation {
  return ({ type, props, opts }) => {
    if (!takesTags(type)) return undefined;
    return { props: { ...props, tags: mergeTags(context, props.tags) }, opts };
  };
}

type Tags = Readonly<Record<string, pulumi.Input<string>>>;

/** Tags that are known now are merged now: an Output for each resource would cost time and hide the value from nobody. */
function mergeTags(context: StackContext, own: pulumi.Input<Tags | undefined>): pulumi.Input<Tags> {
  if (pulumi.Output.isInstance(own) || own instanceof Promise) {
    return pulumi.output(own).apply((tags) => merged(context, tags ?? {}));
  }
  return merged(context, own ?? {});
}

function merged<Value>(context: StackContext, own: Readonly<Record<string, Value>>): Record<string, Value | string> {
  const facts = Object.fromEntries(factsOfTheStack.map((key) => [key, context.tags[key]]));
  return { ...context.tags, ...own, ...facts };
}
