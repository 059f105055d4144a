import { isPropertyMap, type PropertyMap, type PropertyValue } from "../../../deployment/values/property-value";
import type { World, WorldObject } from "../../../sandbox/world/world";

/** What somebody else does in the cloud while the program is not looking: the raw material of drift. */
export type ForeignChange =
  | {
      readonly action: "set";
      readonly kind: string;
      readonly id: string;
      readonly path: string;
      readonly value: PropertyValue;
    }
  | { readonly action: "delete"; readonly kind: string; readonly id: string }
  | { readonly action: "create"; readonly object: WorldObject };

/**
 * Makes the change in the world, past every rule of the services: real drift follows none of ours.
 *
 * @throws when the object to change does not exist, so that a test cannot drift nothing
 */
export async function applyForeignChange(world: World, change: ForeignChange): Promise<void> {
  await world.transact((state) => {
    if (change.action === "create") return state.put(change.object);
    const object = state.get(change.kind, change.id);
    if (object === undefined) throw new Error(`there is no ${change.kind} ${change.id} in the sandbox's world`);
    if (change.action === "delete") state.delete(change.kind, change.id);
    else state.put({ ...object, properties: withProperty(object.properties, change.path.split("."), change.value) });
  });
}

function withProperty(map: PropertyMap, path: readonly string[], value: PropertyValue): PropertyMap {
  const [first = "", ...rest] = path;
  if (rest.length === 0) return { ...map, [first]: value };
  const inner = map[first];
  return { ...map, [first]: withProperty(isPropertyMap(inner) ? inner : {}, rest, value) };
}
