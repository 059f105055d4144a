import { join } from "node:path";
import { z } from "zod";
import { type AzureAccess, azureResourceClient } from "../../lib/azure/resource-client";
import { readYaml } from "../../lib/located-yaml/read-yaml";
import type { ListedGroup } from "./preview-environment";

/** The resource groups of the subscription that previews have to themselves. */
export interface ResourceGroups {
  /** @throws when the list is not complete */
  list(): Promise<readonly ListedGroup[]>;
  /** Deletes a group with everything in it. */
  delete(group: string): Promise<void>;
}

/** What a preview's configuration says of its subscription; the rest is its stack's to check. */
const templateSchema = z.looseObject({ config: z.looseObject({ "azure-native:subscriptionId": z.string().min(1) }) });

/**
 * The subscription of the previews, as their template has it.
 *
 * @param root the project's directory
 * @throws {LocatedError} when the template names none
 */
export function previewSubscription(root: string): string {
  const file = join(root, "Pulumi.preview.yaml");
  const { config } = readYaml({ file, schema: templateSchema, of: "the template of preview environments" });
  return config["azure-native:subscriptionId"];
}

/** The resource groups of one subscription, over Azure Resource Manager. */
export class AzureResourceGroups implements ResourceGroups {
  constructor(
    private readonly subscription: string,
    private readonly access: AzureAccess = {},
  ) {}

  async list(): Promise<readonly ListedGroup[]> {
    const client = await azureResourceClient(this.subscription, this.access);
    const found: ListedGroup[] = [];
    for await (const { id, name, tags } of client.resourceGroups.list()) {
      if (id !== undefined && name !== undefined) found.push({ id, name, tags });
    }
    return found;
  }

  async delete(group: string): Promise<void> {
    const client = await azureResourceClient(this.subscription, this.access);
    await client.resourceGroups.beginDeleteAndWait(group.split("/").at(-1) ?? group);
  }
}
