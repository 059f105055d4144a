import { z } from "zod";
import type { AzureCalls } from "../../lib/azure/resource-client";
import type { ImageCopy, ReleaseCloud } from "../delivery/app-traffic";
import type { StagingPlace } from "./release-conditions";

/** Where an image is copied from before it is released: the registry that the apps before run it from; undefined when it is the same. */
export async function imageSource(
  cloud: Pick<ReleaseCloud, "apps">,
  image: string,
  appId: string,
  { subscription, environment }: StagingPlace,
): Promise<ImageCopy | undefined> {
  const hostOf = (name: string) => name.split("/")[0] ?? "";
  const isOurs = (name: string) => hostOf(name).endsWith(".azurecr.io");
  if (!isOurs(image)) return undefined;
  const before = (await cloud.apps(subscription)).filter((app) => app.environment === environment && isOurs(app.image));
  const [from] = before.map((app) => hostOf(app.image));
  if (from === undefined || from === hostOf(image)) return undefined;
  return { image, from, subscriptions: { image: appId.split("/")[2] ?? "", from: subscription } };
}

/** Of Azure Container Registry's own API. */
export const importVersion = "2023-07-01";

const registrySchema = z.object({ id: z.string(), properties: z.object({ loginServer: z.string() }) });

/** Source: Azure documentation, "Import container images to a container registry": by digest, and without a tag. */
export async function importImage(azure: AzureCalls, { image, from, subscriptions }: ImageCopy): Promise<void> {
  const [host = "", ...path] = image.split("/");
  const [repository = ""] = path.join("/").split("@");
  const target = await registryId(azure, host, subscriptions.image);
  const source = { resourceId: await registryId(azure, from, subscriptions.from), sourceImage: path.join("/") };
  const body = { source, untaggedTargetRepositories: [repository], mode: "Force" };
  await azure.change("POST", `${target}/importImage`, body);
}

async function registryId(azure: AzureCalls, host: string, subscription: string): Promise<string> {
  const listed = await azure.list(`/subscriptions/${subscription}/providers/Microsoft.ContainerRegistry/registries`);
  const found = listed
    .map((one) => registrySchema.parse(one))
    .find(({ properties }) => properties.loginServer.toLowerCase() === host.toLowerCase());
  if (found === undefined) throw new Error(`subscription ${subscription} has no registry ${host}`);
  return found.id;
}
