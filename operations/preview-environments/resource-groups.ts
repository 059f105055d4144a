import { z } from "zod";
import { type AzureAccess, azureResourceClient } from "../../lib/azure/resource-client";
import { errorCode } from "../../lib/file-access";
import type { ListedGroup } from "./preview-environment";

/** The resource groups of the subscription that previews have to themselves. */
export interface ResourceGroups {
  /** @throws when the list is not complete */
  list(): Promise<readonly ListedGroup[]>;
  /** Deletes a group with everything in it, and the diagnostic settings of what is in it. */
  delete(group: string): Promise<void>;
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
    const name = group.split("/").at(-1) ?? group;
    for await (const { id, type } of client.resources.listByResourceGroup(name)) {
      if (id === undefined) continue;
      for (const watched of watchedParts(id, type ?? "")) await deleteDiagnosticSettings(client, watched);
    }
    await client.resourceGroups.beginDeleteAndWait(name);
  }
}

type ResourceClient = Awaited<ReturnType<typeof azureResourceClient>>;

/** A storage account's logs are those of its services, which no list of resources names. */
function watchedParts(id: string, type: string): readonly string[] {
  if (type.toLowerCase() !== "microsoft.storage/storageaccounts") return [id];
  return [id, ...["blob", "file", "queue", "table"].map((service) => `${id}/${service}Services/default`)];
}

const settingsVersion = "2021-05-01-preview";
/** What Azure answers for a kind of resource that has no diagnostic settings. */
const withoutSettings = ["ResourceTypeNotSupported", "ResourceNotFound"];

/**
 * Azure keeps diagnostic settings when what they watch is deleted: the next preview of the pull request, whose resources have the same
 * names, could not make its own. Source: terraform-provider-azurerm#7114, #19706.
 */
async function deleteDiagnosticSettings(client: ResourceClient, watched: string): Promise<void> {
  for (const id of await diagnosticSettings(client, watched)) {
    await client.resources.beginDeleteByIdAndWait(relative(id), settingsVersion);
  }
}

async function diagnosticSettings(client: ResourceClient, watched: string): Promise<readonly string[]> {
  let answer: unknown;
  try {
    // The client knows single resources only; of a list, its answer is empty and the text is all.
    await client.resources.getById(
      `${relative(watched)}/providers/Microsoft.Insights/diagnosticSettings`,
      settingsVersion,
      {
        onResponse: ({ bodyAsText }) => {
          answer = JSON.parse(bodyAsText ?? "{}");
        },
      },
    );
  } catch (error) {
    const code = errorCode(error);
    if (withoutSettings.some((known) => known === code)) return [];
    throw error;
  }
  return settingList.parse(answer).value.map(({ id }) => id);
}

/** The client puts the first slash itself. */
function relative(id: string): string {
  return id.replace(/^\//, "");
}

const settingList = z.object({ value: z.array(z.object({ id: z.string() })) });
