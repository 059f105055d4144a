import { containsUnknown, type PropertyMap } from "../../../deployment/values/property-value";
import { ServiceError } from "../../engine/provider";
import { textAt } from "../read-property";
import type { ObjectNameRule, TypeRule } from "../type-rule";
import { groupOfId, subscriptionOf } from "./arm-id";
import { locationFailures } from "./arm-type";
import { refuseLocked, removeResource, resourceGroupType } from "./existing-resources";

/**
 * The rule for a type that is not modelled: it lives in its resource group under an id made of its names, keeps what it is given,
 * and obeys locks. Nothing else of it is checked.
 */
export function unmodelledType(type: string): TypeRule {
  const [, service = "", name = ""] = type.split(":");
  return {
    type,
    identity: {
      kind: "named",
      id: (inputs, { config }) => {
        const subscription = `/subscriptions/${subscriptionOf(config)}`;
        const group = textAt(inputs, "resourceGroupName");
        const scope =
          textAt(inputs, "scope") ?? (group === undefined ? subscription : `${subscription}/resourceGroups/${group}`);
        return `${scope}/providers/Pulumi.${service}/${name}/${namesIn(inputs).join("/") || "unnamed"}`;
      },
    },
    name: {
      property: ownName(name),
      pattern: /^/,
      expected: "a name",
      code: "InvalidResourceName",
      automatic: suffixedName,
    },
    check: (inputs) => locationFailures("region-or-global", `${service}/${name}`, inputs),
    createOnly: ["resourceGroupName", "location", "scope", ownName(name)],
    deleteBeforeReplace: "unless-automatically-named",
    computed: {
      names: ["name", "type"],
      stable: ["name"],
      values: ({ inputs }) => ({
        name: textAt(inputs, ownName(name)) ?? namesIn(inputs).at(-1) ?? "",
        type: `${service}/${name}`,
      }),
    },
    service: {
      create: ({ world, id }) => {
        const group = groupOfId(id);
        if (group !== undefined && world.get(resourceGroupType, group) === undefined) {
          throw new ServiceError(
            "ResourceGroupNotFound",
            `Resource group '${group.split("/").at(-1)}' could not be found.`,
            404,
          );
        }
        refuseLocked(world, id, "write");
      },
      update: ({ world, id }) => refuseLocked(world, id, "write"),
      delete: ({ world, id, existing }) => {
        refuseLocked(world, id, "delete");
        removeResource(world, existing);
      },
    },
  };
}

/** azure-native calls a type's own name after the type: `webTestName`, `natGatewayName`. */
function ownName(type: string): string {
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}Name`;
}

const suffixedName: NonNullable<ObjectNameRule["automatic"]> = (logicalName, random) => ({
  name: `${logicalName}${random.hex(8)}`,
  random: true,
});

/** The values of the inputs that name something, in the order of their keys: parents and the object itself. */
function namesIn(inputs: PropertyMap): readonly string[] {
  return Object.keys(inputs)
    .filter((key) => /Name$/.test(key) && key !== "resourceGroupName" && !containsUnknown(inputs[key] ?? null))
    .sort()
    .flatMap((key) => textAt(inputs, key) ?? []);
}
