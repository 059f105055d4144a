import { containsUnknown, type PropertyMap } from "../../../deployment/values/property-value";
import { ServiceError } from "../../engine/provider";
import type { WorldObject, WorldReading } from "../../world/world";
import { textAt } from "../read-property";
import type { ObjectNameRule, TypeRule } from "../type-rule";
import { groupOfId, sameId, subscriptionOf } from "./arm-id";
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
      isGiven: (inputs) => givenName(name, inputs) !== undefined,
      pattern: /^/,
      expected: "a name",
      code: "InvalidResourceName",
      automatic: suffixedName,
    },
    check: (inputs) => locationFailures("region-or-global", `${service}/${name}`, inputs),
    createOnly: ["resourceGroupName", "location", "scope", "name", ownName(name)],
    deleteBeforeReplace: "unless-automatically-named",
    computed: {
      names: ["name", "type"],
      stable: ["name"],
      values: ({ inputs }) => ({
        name: textAt(inputs, givenName(name, inputs) ?? ownName(name)) ?? namesIn(inputs).at(-1) ?? "",
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

/** What the sandbox keeps of a type that it does not model, by the arguments of its `get` function: group and names. */
export function findUnmodelled(world: WorldReading, type: string, args: PropertyMap): WorldObject | undefined {
  const property = givenName(type.split(":").at(-1) ?? "", args) ?? Object.keys(args).findLast(isName) ?? "";
  const group = textAt(args, "resourceGroupName");
  return world
    .list(type)
    .filter(({ id }) => group === undefined || sameId(groupOfId(id)?.split("/").at(-1), group))
    .find(({ properties }) => sameId(textAt(properties, "name"), textAt(args, property)));
}

/** The property that names an object itself: `name`, or one called after the end of its type or its initials, as `vmName`. */
function givenName(type: string, inputs: PropertyMap): string | undefined {
  const whole = type.toLowerCase();
  const initials = type.replace(/[^A-Z]/g, "").toLowerCase();
  const stem = (property: string) => property.slice(0, -"Name".length).toLowerCase();
  return Object.keys(inputs)
    .filter(isName)
    .find((property) => property === "name" || whole.endsWith(stem(property)) || stem(property) === initials);
}

function isName(property: string): boolean {
  return /(^n|N)ame$/.test(property) && property !== "resourceGroupName";
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
    .filter((key) => isName(key) && !containsUnknown(inputs[key] ?? null))
    .sort()
    .flatMap((key) => textAt(inputs, key) ?? []);
}
