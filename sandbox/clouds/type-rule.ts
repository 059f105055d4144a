import type { PropertyMap, PropertyValue } from "../../deployment/values/property-value";
import type { CheckFailure, ServiceError } from "../engine/provider";
import type { WorldObject, WorldReading, WorldTransaction } from "../world/world";
import type { SdkDescription } from "./azure-native/sdk-descriptions";
import type { RepeatableRandom } from "./repeatable-random";

/**
 * What an emulated service knows of one resource type. {@link EmulatedProvider} turns a table of these into a provider.
 *
 * @example A queue whose name is unique in the world, whose `fifo` cannot change, and that needs an existing owner:
 * ```ts
 * const queue: TypeRule = {
 *   type: "example:index/queue:Queue",
 *   identity: { kind: "named", id: (inputs) => `queues/${textAt(inputs, "name")}`, inputs: (id) => ({ name: id.slice(7) }) },
 *   name: { property: "name", pattern: /^[a-z]{3,20}$/, expected: "3 to 20 lower-case letters", code: "InvalidName" },
 *   required: ["ownerId"],
 *   allowed: { mode: ["fast", "safe"] },
 *   ranges: { retentionDays: { minimum: 1, maximum: 14 } },
 *   defaults: { mode: "safe" },
 *   createOnly: ["name", "fifo", { path: "size", when: ({ before, after }) => Number(after) < Number(before) }],
 *   service: {
 *     create: ({ world, inputs }) => {
 *       if (world.get("example:index/owner:Owner", textAt(inputs, "ownerId") ?? "") === undefined)
 *         throw new ServiceError("OwnerNotFound", "There is no such owner.", 404);
 *     },
 *   },
 *   computed: { names: ["url"], values: ({ id }) => ({ url: `https://example.test/${id}` }) },
 * };
 * ```
 */
export interface TypeRule {
  /** The unversioned type token. */
  readonly type: string;
  readonly identity: Identity;
  readonly name?: ObjectNameRule;
  /** Paths that must be given. A `*` stands for every item of a list; what lies in an absent map is not required. */
  readonly required?: readonly string[];
  /** By path, the values that are accepted. */
  readonly allowed?: Readonly<Record<string, readonly (string | number | boolean)[]>>;
  /** By path, the least and the greatest number. */
  readonly ranges?: Readonly<Record<string, { readonly minimum: number; readonly maximum: number }>>;
  /** By path, what a published description says; what the rule itself says of a path counts instead. */
  readonly described?: Readonly<Record<string, DescribedLimits>>;
  /** Where {@link described} comes from, for `npm run generate` and the test that compares; of types that components make. */
  readonly describedBy?: SdkDescription;
  /** Further checks of the inputs alone, without the world. Unknown values must be let through. */
  readonly check?: (inputs: PropertyMap) => readonly CheckFailure[];
  /** What the service fills in where an input is absent, at any depth. They appear in outputs, never as inputs. */
  readonly defaults?: PropertyMap | ((inputs: PropertyMap) => PropertyMap);
  /** Properties whose change forces a replacement. A plain path covers everything below it. */
  readonly createOnly?: readonly (string | CreateOnlyRule)[];
  /** Lists whose order means nothing. */
  readonly unordered?: readonly string[];
  /** Whether a replacement deletes first. Default `never`. */
  readonly deleteBeforeReplace?: "always" | "unless-automatically-named" | "never";
  /** Inputs that are accepted and never given back: passwords, and what is part of the id only. Not in outputs or the world. */
  readonly notReturned?: readonly string[];
  /** Inputs of which that depends on the others. */
  readonly notReturnedFor?: (inputs: PropertyMap) => readonly string[];
  /** The form in which the service keeps the inputs: `West Europe` as `westeurope`, a short name as a full one. Outputs show it. */
  readonly normalize?: (inputs: PropertyMap) => PropertyMap;
  /**
   * What the next read finds, where that is more or other than the answer to a create or update: what a service fills in later shows
   * as a difference on refresh.
   */
  readonly eventualOutputs?: (outputs: PropertyMap, context: ServiceContext) => PropertyMap;
  /**
   * What a read answers, of what is `found` and what the state has: some services never give back what they were given, and some
   * providers keep what is gone. Default: what is found.
   */
  readonly read?: (found: PropertyMap | undefined, state: PropertyMap) => PropertyMap | undefined;
  /** What the last read found that the next deployment puts right, though no input has changed. */
  readonly outdated?: (outputs: PropertyMap, inputs: PropertyMap) => Outdated | undefined;
  /**
   * The id under which the world keeps the object, found by what the state or the program says of it, where that is another than the
   * object's own: what belongs to a repository stays with it when it is renamed.
   */
  readonly keptAs?: (world: WorldReading, id: string, properties: PropertyMap) => string;
  /** What the service refuses, run inside the transaction that would make the change. */
  readonly service?: ServiceRules;
  /** What stays in the world when the object is deleted: an archived repository, a tailnet's own settings. Default: nothing. */
  readonly afterDelete?: (context: ExistingContext) => PropertyMap | undefined;
  /** Outputs that only the service knows: `unknown` in a preview. */
  readonly computed?: ComputedOutputs;
  /** Outputs that are secret: paths. */
  readonly secretOutputs?: readonly string[];
  /** Set for a service that takes one operation at a time; `key` says which operations exclude each other. */
  readonly oneAtATime?: (
    inputs: PropertyMap,
    id: string,
  ) => { readonly key: string; readonly refusal: () => ServiceError };
  /** A new PUT over what exists is an update and no conflict: for settings that exist with their parent. */
  readonly takesOverExisting?: boolean;
}

/** What a value must be, as a service's own description says it. */
export interface DescribedLimits {
  readonly required?: boolean;
  /** Letter case does not count, and a text may join several with commas. */
  readonly values?: readonly (string | number)[];
  /** Of a number itself, of a text's characters, of a list's items. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** A regular expression. */
  readonly pattern?: string;
}

export type Identity =
  /** The id follows from the inputs; a second object of the same id is refused. */
  | {
      readonly kind: "named";
      readonly id: (inputs: PropertyMap, context: IdentityContext) => string;
      /** The inputs that an id contains, for imports. */
      readonly inputs?: (id: string) => PropertyMap;
      /** The object's id, where an import is given something else, for example `<zone>/<id>`. */
      readonly fromImport?: (importId: string) => string;
    }
  /** The service invents the id. */
  | {
      readonly kind: "generated";
      readonly id: (random: RepeatableRandom, inputs: PropertyMap) => string;
      readonly inputs?: (id: string) => PropertyMap;
      readonly fromImport?: (importId: string) => string;
    };

export interface IdentityContext {
  /** The provider's configuration. */
  readonly config: PropertyMap;
}

export interface ObjectNameRule {
  /** The input that holds the name. */
  readonly property: string;
  /** Whether the inputs name it in another property. Default: they do not. */
  readonly isGiven?: (inputs: PropertyMap) => boolean;
  readonly pattern: RegExp;
  /** The pattern in words, after "expected": `3 to 24 lower-case letters and digits`. */
  readonly expected: string;
  /** The service's error code for a bad name. */
  readonly code: string;
  /** The name when the program gives none; without it the name is required. */
  readonly automatic?: (
    logicalName: string,
    random: RepeatableRandom,
  ) => { readonly name: string; readonly random: boolean };
  /** Set when no two objects of this type may share a name, wherever they are (Azure: compared without regard to case). */
  readonly uniqueInWorld?: (name: string) => ServiceError;
}

export interface CreateOnlyRule {
  readonly path: string;
  /** Whether this change forces a replacement; asked only when both values are known. */
  readonly when: (change: {
    readonly before: PropertyValue | undefined;
    readonly after: PropertyValue | undefined;
    readonly oldInputs: PropertyMap;
    readonly inputs: PropertyMap;
    /** None for a provider of what exists in the state only. */
    readonly world: WorldReading | undefined;
  }) => boolean;
}

/** Outputs that tell that an object is no longer what was deployed. To ignore the changes of one is to leave the object as it is. */
export interface Outdated {
  readonly properties: readonly string[];
  /** Whether only a new object will do. */
  readonly replaces: boolean;
}

export interface ServiceContext {
  readonly world: WorldTransaction;
  readonly urn: string;
  /** Unversioned. */
  readonly type: string;
  readonly id: string;
  /** Known throughout, defaults filled in, secrets still wrapped (the functions of `property-path.ts` see through them). */
  readonly inputs: PropertyMap;
  readonly config: PropertyMap;
}

export interface ExistingContext extends ServiceContext {
  readonly existing: WorldObject;
}

/** Each throws a {@link ServiceError} to refuse; then nothing has changed. Each may change other objects of the world. */
export interface ServiceRules {
  readonly create?: (context: ServiceContext) => void;
  readonly update?: (context: ExistingContext) => void;
  /** `inputs` are what the object's properties tell, as in an import. */
  readonly delete?: (context: ExistingContext) => void;
}

export interface ComputedOutputs {
  /** Paths; one inside a map or list, `ingress.fqdn`, is computed only where that map or list is given. */
  readonly names: readonly string[];
  /**
   * Further ones, which only the service knows where the inputs say nothing of them: what a copy takes from its source. They are
   * inputs all the same, so drift in them is seen. Default: none.
   */
  readonly namesFor?: (inputs: PropertyMap) => readonly string[];
  /** Of `names`, the ones that an update leaves alone, so that a preview of an update knows them. */
  readonly stable?: readonly string[];
  /** Merged into the outputs, map by map. `existing` is set in an update. */
  readonly values: (context: ComputedContext) => PropertyMap;
}

export interface ComputedContext extends ServiceContext {
  readonly existing: WorldObject | undefined;
  readonly random: RepeatableRandom;
}

/** The input with which azure-native remembers that it named a resource itself, so that a replacement may create first. */
export const createBeforeDeleteFlag = "__createBeforeDelete";

/** The rule for a type that nobody modelled: any inputs, an invented id, no computed outputs. */
export function genericObject(type: string): TypeRule {
  return { type, identity: { kind: "generated", id: (random) => random.hex(32) } };
}
