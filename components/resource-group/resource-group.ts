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
  const resourceGroupName = physicalName(context, "resourceGroup");
  const group = new ResourceGroup(
    "main",
    { resourceGroupName, location: context.location, ...(tags === undefined ? {} : { tags }) },
    stateful(context),
  );
  // The group's own name is unknown until it is made, although it is chosen here. Who is given this still waits for the group.
  return { id: group.id, name: group.urn.apply(() => resourceGroupName) };
}
