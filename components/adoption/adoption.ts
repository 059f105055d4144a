import type * as pulumi from "@pulumi/pulumi";
import type { StackContext } from "../context/stack-context";

/**
 * Options for a resource that holds what cannot be made again: data, names, keys.
 * Protected in lasting environments, free to go in previews.
 */
export function stateful(context: StackContext): Pick<pulumi.CustomResourceOptions, "protect"> {
  return { protect: context.lasting };
}

/**
 * Options for a resource that existed before this program: imported by the one stack that owns it, protected, and left in place
 * when it leaves the program. Without an id, the resource is made, and these are the options of {@link stateful}.
 *
 * @param id the provider's id of what exists, as `pulumi import` takes it
 */
export function adopted(
  context: StackContext,
  id: string | undefined,
): Pick<pulumi.CustomResourceOptions, "import" | "protect" | "retainOnDelete"> {
  return id === undefined ? stateful(context) : { import: id, protect: true, retainOnDelete: true };
}
