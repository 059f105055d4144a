import * as pulumi from "@pulumi/pulumi";
import { takesTags } from "../../lib/taggable-types";
import type { StackContext } from "./stack-context";

/**
 * Tags that say where a resource belongs. They are facts of the stack, so a resource cannot say otherwise; everything else it can:
 * another `Team` or `CostCenter` than the stack's, a `Service`, a `Ticket`, an `ExpiresAt`.
 */
const factsOfTheStack = ["Project", "Environment", "ManagedBy"] as const satisfies (keyof StackContext["tags"])[];

/**
 * What every resource of a stack is given before it is registered: the stack's tags, merged into its own, where its type takes tags; and
 * only those aliases that a state can need. Register it before the first resource is made:
 *
 * @example pulumi.runtime.registerStackTransformation(stackTransformation(context));
 */
export function stackTransformation(context: StackContext): pulumi.ResourceTransformation {
  return ({ type, props, opts }) => ({
    props: takesTags(type) ? { ...props, tags: mergeTags(context, props.tags) } : props,
    opts: withoutVersionAliases(opts),
  });
}

/**
 * Each class of azure-native names itself in up to sixty API versions as aliases, for programs that used a versioned module before. The
 * SDK computes a URN for each of them, which took half of the time of a preview, and the states kept them. No state of this program has
 * a versioned type. Who moves a resource from a versioned module says so with an alias that has its name, too, or its URN: those stay.
 */
function withoutVersionAliases(opts: pulumi.ResourceOptions): pulumi.ResourceOptions {
  if (opts.aliases === undefined) return opts;
  return { ...opts, aliases: opts.aliases.filter((alias) => !isVersionAlias(alias)) };
}

/** @example { type: "azure-native:network/v20240501:Subnet" } */
function isVersionAlias(alias: pulumi.Input<pulumi.URN | pulumi.Alias>): boolean {
  if (typeof alias !== "object" || !("type" in alias) || Object.keys(alias).length > 1) return false;
  return typeof alias.type === "string" && /^azure-native:[^:/]+\/v\d{8}[^:]*:/.test(alias.type);
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
