import type { PropertyMap } from "../../../deployment/values/property-value";
import type { PropertyCodec } from "../../../sandbox/world/world-journal";

/** Properties as the JSON they are, for tests that store no secrets. */
export const plainCodec: PropertyCodec = {
  encode: (properties) => properties,
  decode: (json): PropertyMap => {
    if (typeof json !== "object" || json === null) throw new Error("expected an object");
    return { ...json };
  },
};
