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

/** All of the project's stacks in one emulated world: what their components send, by resource. */
export async function sentResources(): Promise<SentResources> {
  const alai = await AlaiWorld.deployed();
  const resources: SentResource[] = [];
  for (const { name } of stackDefinitions) {
    for (const { custom, external, type, urn, id, inputs } of await alai.resources(name)) {
      if (custom && !external && id !== undefined) resources.push({ type, urn, id, inputs: revealMap(inputs) });
    }
  }
  return { world: alai.world, resources };
}
