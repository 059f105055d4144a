import { type PropertyMap, revealMap } from "../../deployment/values/property-value";
import type { AzureStack } from "./azure-stack";

/** What runs in the emulated world: the image of the only app or job of a type. */
export function imageOf(stack: AzureStack, type: string): string {
  const found = stack.world.objects().find(({ kind }) => kind === type);
  return /"image":"([^"]+)"/.exec(JSON.stringify(found?.properties ?? {}))?.[1] ?? "";
}

/** Does what a release pipeline does: pushes an image to the stack's registry and lets an app or job run it. Returns the image. */
export async function release(
  stack: AzureStack,
  app: { readonly type: string; readonly name: string; readonly repository: string },
): Promise<string> {
  const digest = `sha256:${"c".repeat(64)}`;
  return stack.world.transact((world) => {
    const [registry] = world.list("azure-native:containerregistry:Registry");
    const running = world.list(app.type).find(({ properties }) => properties.name === app.name);
    if (registry === undefined || running === undefined) throw new Error("there is no registry or nothing that runs");
    const image = `${String(registry.properties.loginServer)}/${app.repository}@${digest}`;
    const id = `${registry.id}/images/${app.repository}@${digest}`;
    world.put({ cloud: "azure", kind: "azure-native:containerregistry:Image", id, properties: {} });
    world.put({ ...running, properties: withImage(revealMap(running.properties), image) });
    return image;
  });
}

function withImage(properties: PropertyMap, image: string): PropertyMap {
  const changed: unknown = JSON.parse(
    JSON.stringify(properties).replace(/"image":"[^"]+"/, `"image":${JSON.stringify(image)}`),
  );
  return isMap(changed) ? changed : properties;
}

function isMap(value: unknown): value is PropertyMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
