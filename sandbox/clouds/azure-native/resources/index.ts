import { armType } from "../arm-type";
import { refuseProtectedContainers } from "../storage/immutability";

/** A group; deleting it deletes what it contains. */
const resourceGroup = armType({
  type: "resources:ResourceGroup",
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
