import { ResourceGroup } from "@pulumi/azure-native/resources";
import type * as pulumi from "@pulumi/pulumi";
import { stateful } from "../adoption/resource-options";
import type { StackContext } from "../context/stack-context";
import { physicalName } from "../naming/physical-name";

/** A group as those see it who are in it. */
export interface GroupReference {
  readonly id: pulumi.Output<string>;
  /** Known in the preview of a new group, too: what it is named in is shown there, and what may already run in it is read. */
  readonly name: pulumi.Output<string>;
}

/**
 * The group that a stack's Azure resources are in.
 *
 * @param tags beside those of the stack. Default: none
 */
export function makeResourceGroup(context: StackContext, tags?: Readonly<Record<string, string>>): GroupReference {
  const more = tags === undefined ? {} : { tags };
  return made(context, "main", { resourceGroupName: physicalName(context, "resourceGroup"), ...more });
}

/**
 * A group in another region, for what has to be changed on the day on which the stack's own region is lost: Azure changes nothing in a
 * group whose region is gone. Source: Azure documentation, "What is Azure Resource Manager?", of the location of groups.
 *
 * @param name the logical name of what is in it
 * @param location the region. @example "northeurope"
 */
export function makeGroupElsewhere(
  context: StackContext,
  name: string,
  location: string,
  parent: pulumi.Resource,
): GroupReference {
  return made(context, name, { resourceGroupName: physicalName(context, "resourceGroup", name), location }, parent);
}

function made(
  context: StackContext,
  name: string,
  args: { readonly resourceGroupName: string; readonly location?: string },
  parent?: pulumi.Resource,
): GroupReference {
  const { resourceGroupName } = args;
  const group = new ResourceGroup(
    name,
    { location: context.location, ...args },
    { ...(parent === undefined ? {} : { parent }), ...stateful(context) },
  );
  // The group's own name is unknown until it is made, although it is chosen here. Who is given this still waits for the group.
  return { id: group.id, name: group.urn.apply(() => resourceGroupName) };
}
