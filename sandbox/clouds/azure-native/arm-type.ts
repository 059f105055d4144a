import type { PropertyMap } from "../../../deployment/values/property-value";
import { azureRegion, azureRegions } from "../../../lib/azure-regions";
import { didYouMean } from "../../../lib/closest-name";
import { type CheckFailure, ServiceError } from "../../engine/provider";
import { textAt } from "../read-property";
import type { RepeatableRandom } from "../repeatable-random";
import type { DescribedLimits, ExistingContext, ObjectNameRule, ServiceContext, TypeRule } from "../type-rule";
import { ArmPath, groupOfId, resourceGroups, typeOfId } from "./arm-id";
import describedValues from "./described-values.generated.json";
import { refuseLocked, removeResource, resourceGroupType } from "./existing-resources";
import { endSwitchedOff } from "./principals";

/** What one Azure resource type has of its own; {@link armType} adds what all have. */
export interface ArmTypeSpec
  extends Omit<TypeRule, "type" | "identity" | "name" | "deleteBeforeReplace" | "service" | "normalize"> {
  /** Without the package: `storage:StorageAccount`. */
  readonly type: string;
  /** See {@link ArmPath}. */
  readonly path: string;
  /** Default: it has no name of its own, being a part of the resource that the last input names. */
  readonly name?: ArmNameRule;
  /** The type whose object must exist before, and its path; its inputs are among this type's. */
  readonly parent?: { readonly type: string; readonly path: string };
  /**
   * Where the resource can be: in a region (`true`), only `global`, or either. Its location then must be given. Default: it has none.
   */
  readonly located?: true | "global" | "region-or-global";
  /** Whether answers name its ARM type. Default: they do. */
  readonly answersType?: false;
  readonly service?: ArmServiceRules;
}

export interface ArmNameRule extends Pick<ObjectNameRule, "pattern" | "expected" | "code" | "uniqueInWorld"> {
  /** How azure-native names what the program does not: logical name and 8 digits, or a GUID. Default: `suffixed`. */
  readonly automatic?: "suffixed" | "guid";
}

export interface ArmServiceRules {
  /** Before a creation and before a change. */
  readonly write?: (context: ServiceContext) => void;
  readonly create?: (context: ServiceContext) => void;
  readonly update?: (context: ExistingContext) => void;
  readonly delete?: (context: ExistingContext) => void;
  /** What a delete does, once it was allowed. Default: takes the object away with everything below it. */
  readonly remove?: (context: ExistingContext) => void;
  /** What else happens in the world when it is made or changed, after everything was allowed. */
  readonly written?: (context: ServiceContext) => void;
}

/** By type, then by path: what Microsoft's management SDKs say of a request. */
const described: Readonly<Record<string, Readonly<Record<string, DescribedLimits>>>> = describedValues;

/** A rule for an Azure resource type: id from the path, name, group and parent checked, locks kept, children deleted with it. */
export function armType(spec: ArmTypeSpec): TypeRule {
  const { type, path, name, parent, located, answersType = true, service = {}, computed, check, ...rest } = spec;
  const armPath = new ArmPath(path);
  const parentPath = parent === undefined ? undefined : new ArmPath(parent.path);
  return {
    ...rest,
    described: described[type] ?? {},
    type: `azure-native:${type}`,
    identity: {
      kind: "named",
      id: (inputs, { config }) => armPath.id(inputs, config),
      inputs: (id) => armPath.parse(id),
    },
    ...(name === undefined
      ? {}
      : { name: { ...name, property: armPath.nameInput, automatic: automaticNames[name.automatic ?? "suffixed"] } }),
    required: [
      ...armPath.inputs.filter((input) => name === undefined || input !== armPath.nameInput),
      ...(located === undefined ? [] : ["location"]),
      ...(spec.required ?? []),
    ],
    createOnly: [...armPath.inputs, ...(located === undefined ? [] : ["location"]), ...(spec.createOnly ?? [])],
    deleteBeforeReplace: "unless-automatically-named",
    notReturned: [...armPath.inputs, ...(spec.notReturned ?? [])],
    normalize: (inputs) => (located === undefined ? inputs : withPlainLocation(inputs)),
    check: (inputs) => [
      ...(located === undefined ? [] : locationFailures(located, armPath.resourceType, inputs)),
      ...(check?.(inputs) ?? []),
    ],
    computed: {
      ...computed,
      names: [...(name === undefined ? [] : ["name"]), ...(answersType ? ["type"] : []), ...(computed?.names ?? [])],
      stable: [...(name === undefined ? [] : ["name"]), ...(computed?.stable ?? [])],
      values: (context) => ({
        ...(name === undefined ? {} : { name: textAt(context.inputs, armPath.nameInput) ?? "" }),
        ...(answersType ? { type: typeOfId(context.id) } : {}),
        ...computed?.values(context),
      }),
    },
    service: {
      create: (context) => {
        requireGroup(context);
        if (parent !== undefined && parentPath !== undefined) {
          requireParent(context, `azure-native:${parent.type}`, parentPath.id(context.inputs, context.config));
        }
        refuseLocked(context.world, context.id, "write");
        service.write?.(context);
        service.create?.(context);
        service.written?.(context);
      },
      update: (context) => {
        refuseLocked(context.world, context.id, "write");
        service.write?.(context);
        service.update?.(context);
        endSwitchedOff(context);
        service.written?.(context);
      },
      delete: (context) => {
        refuseLocked(context.world, context.id, "delete");
        service.delete?.(context);
        if (service.remove === undefined) removeResource(context.world, context.existing);
        else service.remove(context);
      },
    },
  };
}

const automaticNames = {
  suffixed: (logicalName: string, random: RepeatableRandom) => ({
    name: `${logicalName}${random.hex(8)}`,
    random: true,
  }),
  guid: (_: string, random: RepeatableRandom) => ({ name: random.guid(), random: true }),
};

/** Azure keeps `West Europe` as `westeurope`. */
export function plainLocation(location: string): string {
  return location.toLowerCase().replaceAll(" ", "");
}

/**
 * Resource Manager answers an unknown region with the same code and the list of its regions.
 * Source: answers reported in azure-rest-api-specs#8577 and cb-spider#527.
 */
export function locationFailures(
  located: NonNullable<ArmTypeSpec["located"]>,
  resourceType: string,
  inputs: PropertyMap,
): readonly CheckFailure[] {
  const location = textAt(inputs, "location");
  if (location === undefined) return [];
  const isGlobal = plainLocation(location) === "global";
  if (located === "global" ? isGlobal : azureRegion(location) !== undefined) return [];
  if (located === "region-or-global" && isGlobal) return [];
  const code = `LocationNotAvailableFor${resourceType === resourceGroups ? "ResourceGroup" : "ResourceType"}`;
  const meant = didYouMean(plainLocation(location), azureRegions);
  const expected = `${code}: 'location': expected ${expectedLocation(located)} for ${resourceType}`;
  return [{ property: "location", reason: `${expected}, got "${location}"${meant}` }];
}

function expectedLocation(located: NonNullable<ArmTypeSpec["located"]>): string {
  if (located === "global") return '"global"';
  const region = "a region of Azure such as swedencentral";
  return located === true ? region : `${region} or "global"`;
}

function withPlainLocation(inputs: PropertyMap): PropertyMap {
  const location = textAt(inputs, "location");
  return location === undefined ? inputs : { ...inputs, location: plainLocation(location) };
}

function requireGroup({ world, id }: ServiceContext): void {
  const group = groupOfId(id);
  if (group === undefined || group === id || world.get(resourceGroupType, group) !== undefined) return;
  throw new ServiceError(
    "ResourceGroupNotFound",
    `Resource group '${group.split("/").at(-1)}' could not be found.`,
    404,
  );
}

function requireParent({ world, id }: ServiceContext, type: string, parentId: string): void {
  if (world.get(type, parentId) !== undefined) return;
  throw new ServiceError(
    "ParentResourceNotFound",
    `Failed to perform 'write' on resource '${id}', because the parent resource '${parentId}' could not be found.`,
    404,
  );
}
