import { revealMap } from "../../../../deployment/values/property-value";
import type { World, WorldObject } from "../../../world/world";
import { armType } from "../arm-type";
import { diagnosticSettingType, removeResource } from "../existing-resources";
import { refuseProtectedContainers } from "../storage/account";

/** A group; deleting it deletes what it contains. */
const resourceGroup = armType({
  type: "resources:ResourceGroup",
  describedBy: ["resources", "ResourceGroup"],
  path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}",
  name: {
    pattern: /^[\w\-.()]{0,89}[\w\-()]$/,
    expected: "1 to 90 letters, digits, _ - . ( ), no final .",
    code: "InvalidResourceGroupName",
  },
  located: true,
  createOnly: ["managedBy"],
  computed: { names: ["properties"], values: () => ({ properties: { provisioningState: "Succeeded" } }) },
  service: { delete: ({ world, id }) => refuseProtectedContainers(world, id) },
});

export const resourcesRules = [resourceGroup];

const kind = "azure-native:resources:ResourceGroup";

/** The resource groups of one subscription of the emulated Azure, whoever made them. */
export class EmulatedGroups {
  constructor(
    private readonly open: () => Promise<World & { objects(): Promise<readonly WorldObject[]> }>,
    private readonly subscription: string,
  ) {}

  async list(): Promise<readonly { readonly id: string; readonly name: string; readonly tags: unknown }[]> {
    const prefix = `/subscriptions/${this.subscription}/`.toLowerCase();
    return (await (await this.open()).objects())
      .filter((object) => object.kind === kind && object.id.toLowerCase().startsWith(prefix))
      .map(({ id, properties }) => ({ id, name: id.split("/").at(-1) ?? id, tags: revealMap(properties).tags }));
  }

  /** Deletes a group with everything in it, and the diagnostic settings, which Azure would leave behind. */
  async delete(group: string): Promise<void> {
    await (await this.open()).transact((world) => {
      const object = world.get(kind, group);
      if (object === undefined) return;
      for (const part of world.children(group))
        if (part.kind === diagnosticSettingType) world.delete(part.kind, part.id);
      removeResource(world, object);
    });
  }
}
