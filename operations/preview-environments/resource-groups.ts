import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { type AzureAccess, azureResourceClient } from "../../lib/azure/resource-client";
import { isJsonObject } from "../../lib/json-value";
import type { ListedGroup } from "./preview-environment";

/** The resource groups of the subscription that previews have to themselves. */
export interface ResourceGroups {
  /** @throws when the list is not complete */
  list(): Promise<readonly ListedGroup[]>;
  /** Deletes a group with everything in it. */
  delete(group: string): Promise<void>;
}

/**
 * The subscription of the previews, as their template has it.
 *
 * @param root the project's directory
 */
export function previewSubscription(root: string): string {
  const file = join(root, "Pulumi.preview.yaml");
  const content: unknown = parse(readFileSync(file, "utf8"));
  const config = isJsonObject(content) ? content.config : undefined;
  const id = isJsonObject(config) ? config["azure-native:subscriptionId"] : undefined;
  if (typeof id !== "string") throw new Error(`${file}: config.azure-native:subscriptionId must be there`);
  return id;
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
