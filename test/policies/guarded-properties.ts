import { type PropertyMap, type PropertyValue, unknown } from "../../deployment/values/property-value";
import { guardedContainers } from "./guarded/containers";
import { guardedDelivery } from "./guarded/delivery";
import { guardedEdge } from "./guarded/edge";
import { guardedEdgeRules } from "./guarded/edge-rules";
import { guardedNetwork } from "./guarded/network";
import { guardedParity } from "./guarded/parity";
import { guardedPostgres } from "./guarded/postgres";
import { guardedPostgresParameters } from "./guarded/postgres-parameters";
import { guardedServices } from "./guarded/services";
import { guardedStorage } from "./guarded/storage";
import { guardedVaultsAndCaches } from "./guarded/vaults-and-caches";
import { withValue } from "./property-paths";

/** A property that a rule guards: what complies and what does not, and who must notice when it changes. */
export interface GuardedProperty {
  readonly rule: string;
  readonly type: string;
  /** Names and positions with dots between: `configuration.secrets.0.value`. */
  readonly path: string;
  /** A value that complies; absent where not being set does. */
  readonly good?: PropertyValue;
  /** A value that does not; absent where no value of this property alone decides. */
  readonly bad?: PropertyValue;
  /** The rules that answer when it is flipped. Default: the rule alone. */
  readonly flipped?: readonly string[];
  /** The rules that answer when it is taken away. Default: the rule alone. */
  readonly removed?: readonly string[];
  /** The rules that cannot tell when it is unknown. Default: the rule alone. */
  readonly unknown?: readonly string[];
  /** Only resources that hold this. */
  readonly where?: Readonly<Record<string, PropertyValue>>;
  /** Set before the property is changed, because another one would comply in its place. */
  readonly given?: Readonly<Record<string, PropertyValue>>;
}

/** Rules of whole families share these; a storage account stands for every type that takes tags. */
const account = "azure-native:storage:StorageAccount";
const guardedTags: readonly GuardedProperty[] = [
  ...["Project", "Team", "CostCenter"].map((tag) => ({
    rule: "required-tags",
    type: account,
    path: `tags.${tag}`,
    good: "alai",
    bad: "",
  })),
  {
    rule: "environment-tag",
    type: account,
    path: "tags.Environment",
    good: "prod",
    bad: "elsewhere",
    removed: ["required-tags"],
    unknown: ["environment-tag", "required-tags"],
  },
  {
    rule: "managed-by-tag",
    type: account,
    path: "tags.ManagedBy",
    good: "pulumi",
    bad: "hand",
    removed: ["required-tags"],
    unknown: ["managed-by-tag", "required-tags"],
  },
  { rule: "not-expired", type: account, path: "tags.ExpiresAt", good: "2999-12-31", bad: "2020-01-01", removed: [] },
];

export const guardedProperties: readonly GuardedProperty[] = [
  ...guardedTags,
  ...guardedStorage,
  ...guardedPostgres,
  ...guardedPostgresParameters,
  ...guardedVaultsAndCaches,
  ...guardedContainers,
  ...guardedNetwork,
  ...guardedEdge,
  ...guardedEdgeRules,
  ...guardedParity,
  ...guardedServices,
  ...guardedDelivery,
];

/** A resource of the property's type on which every guarded property complies, and what the property asks for besides. */
export function compliantProperties({ type, path, good, where, given }: GuardedProperty): PropertyMap {
  const always = guardedProperties.filter((other) => other.type === type && other.where === undefined);
  const settings: readonly (readonly [string, PropertyValue | undefined])[] = [
    ...always.map((other) => [other.path, other.good] as const),
    ...Object.entries(where ?? {}),
    ...Object.entries(given ?? {}),
    [path, good],
  ];
  return settings.reduce<PropertyMap>(
    (properties, [at, value]) => (value === undefined ? properties : withValue(properties, at, value)),
    type === account ? {} : { tags: sixTags },
  );
}

const sixTags = {
  Project: "alai",
  Environment: "prod",
  ManagedBy: "pulumi",
  Team: "alai",
  CostCenter: "alai",
  ExpiresAt: "2999-12-31",
};

/** One change of a guarded property, and the rules that must answer it: no more and no fewer. */
export interface Mutation {
  readonly guarded: GuardedProperty;
  readonly change: "flipped" | "removed" | "unknown";
  readonly before: PropertyMap;
  readonly after: PropertyMap;
  readonly answers: readonly string[];
}

/** Every change of a guarded property on one resource. */
export function mutationsOf(guarded: GuardedProperty, properties: PropertyMap): readonly Mutation[] {
  const { rule, path, bad, given } = guarded;
  const before = Object.entries(given ?? {}).reduce((map, [at, value]) => withValue(map, at, value), properties);
  const mutation = (change: Mutation["change"], value: PropertyValue, answers = [rule]): Mutation => ({
    guarded,
    change,
    before,
    after: withValue(before, path, value),
    answers: [...answers].sort(),
  });
  return [
    ...(bad === undefined ? [] : [mutation("flipped", bad, [...(guarded.flipped ?? [rule])])]),
    mutation("removed", null, [...(guarded.removed ?? [rule])]),
    mutation("unknown", unknown, [...(guarded.unknown ?? [rule])]),
  ];
}
