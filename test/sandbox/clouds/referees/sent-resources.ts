import { type PropertyMap, revealMap } from "../../../../deployment/values/property-value";
import type { World } from "../../../../sandbox/world/world";
import { stackDefinitions } from "../../../../stacks/registry";
import { AlaiWorld } from "../../../stacks/alai-world";

/** What a component sends of one resource. */
export interface SentResource {
  readonly type: string;
  readonly urn: string;
  readonly id: string;
  readonly inputs: PropertyMap;
}

export interface SentResources {
  readonly world: World;
  readonly resources: readonly SentResource[];
}

let deployed: Promise<SentResources> | undefined;

/** All of the project's stacks in one emulated world: what their components send, by resource. Deployed once for all who ask. */
export function sentResources(): Promise<SentResources> {
  deployed ??= deployAll();
  return deployed;
}

async function deployAll(): Promise<SentResources> {
  const alai = new AlaiWorld();
  const resources: SentResource[] = [];
  for (const { name } of stackDefinitions) {
    await alai.deploy(name);
    for (const { custom, external, type, urn, id, inputs } of await alai.resources(name)) {
      if (custom && !external && id !== undefined) resources.push({ type, urn, id, inputs: revealMap(inputs) });
    }
  }
  return { world: alai.world, resources };
}
