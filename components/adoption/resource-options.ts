import type * as pulumi from "@pulumi/pulumi";
import type { Retirement } from "../../lib/retirement";
import type { StackContext } from "../context/stack-context";

/**
 * Options for a resource that holds what cannot be made again: data, names, keys.
 * Protected in lasting environments, free to go in previews.
 *
 * @param retired what its entry in the inventory says, where it leaves: it is let go of, here and in {@link adopted} only
 */
export function stateful(context: StackContext, retired?: Retirement): Pick<pulumi.CustomResourceOptions, "protect"> {
  return { protect: context.lasting && retired === undefined };
}

/**
 * Options for a resource that existed before this program: imported by the one stack that owns it, protected, and left in place
 * when it leaves the program. Without an id, the resource is made, and these are the options of {@link stateful}.
 *
 * @param id the provider's id of what exists, as `pulumi import` takes it
 * @param retired as for {@link stateful}; what is adopted is then deleted, too, because somebody said so
 */
export function adopted(
  context: StackContext,
  id: string | undefined,
  retired?: Retirement,
): Pick<pulumi.CustomResourceOptions, "import" | "protect" | "retainOnDelete"> {
  if (id === undefined) return stateful(context, retired);
  return { import: id, protect: retired === undefined, retainOnDelete: retired === undefined };
}

/** How Azure says that something is not there, in the text of a failed read. */
const notFound =
  /\b(ResourceNotFound|ResourceGroupNotFound|NotFound|ParentResourceNotFound)\b|\bstatus(?:code)?[=: ]*404\b/i;

/**
 * Reads what may not exist yet: the running image, the version of a server. Nothing is made.
 *
 * @returns undefined when the provider says it is not there; any other failure is thrown
 */
export async function readExisting<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && notFound.test(error.message)) return undefined;
    throw error;
  }
}
