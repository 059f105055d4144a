import type { PropertyMap } from "../../deployment/values/property-value";

/**
 * What the engine knows of a provider: the operations of the Pulumi provider protocol and nothing else.
 *
 * The emulated clouds implement it, the plugins in `sandbox/bin` serve it over gRPC to the real engine, and tests plug their own in.
 * Properties reach a provider with their secrets wrapped when `acceptsSecrets` is true, in the clear otherwise; outputs that
 * mirror a secret input are marked secret again by the engine in the second case.
 */
export interface Provider {
  /** The package name: `azure-native`, `cloudflare` … */
  readonly packageName: string;
  readonly acceptsSecrets: boolean;
  checkConfig(request: CheckConfigRequest): Promise<CheckResult>;
  diffConfig(request: DiffConfigRequest): Promise<DiffResult>;
  /** Called once per provider resource, with its checked inputs, before any other operation below. */
  configure(inputs: PropertyMap): Promise<void>;
  check(request: CheckRequest): Promise<CheckResult>;
  diff(request: DiffRequest): Promise<DiffResult>;
  /** With `preview`, changes nothing and returns what can be foretold, `unknown` for the rest and an empty id. */
  create(request: CreateRequest): Promise<CreateResult>;
  /** `undefined` when nothing of that id exists. */
  read(request: ReadRequest): Promise<ReadResult | undefined>;
  update(request: UpdateRequest): Promise<PropertyMap>;
  /** Succeeds when the object is already gone. */
  delete(request: DeleteRequest): Promise<void>;
  invoke(request: InvokeRequest): Promise<InvokeResult>;
  /**
   * The object that an interrupted create of this resource left behind, if it took effect: the newest, where there are several.
   * Only an object made for the same URN counts, so a stranger's object of the same name is never taken over. Providers without it make the engine create again, as
   * the real engine does.
   */
  findInterruptedCreate?(request: FindInterruptedCreateRequest): Promise<ReadResult | undefined>;
  /** What an emulation lacks. Absent: nothing is known to be lacking. */
  readonly gaps?: EmulationGaps;
}

/** What an emulated provider cannot do. */
export interface EmulationGaps {
  /** Why a function cannot be answered, whatever its arguments; undefined when it can. */
  functionProblem(token: string): string | undefined;
  /** Whether a type's resources are kept as generic objects, of which no output is known but what is put in. */
  isGeneric(type: string): boolean;
}

export interface ResourceIdentity {
  readonly urn: string;
  /** The type token, for example `azure-native:storage:StorageAccount`. */
  readonly type: string;
  /** The logical name. */
  readonly name: string;
}

export interface CheckConfigRequest {
  readonly urn: string;
  readonly inputs: PropertyMap;
  readonly oldInputs: PropertyMap | undefined;
}

export interface DiffConfigRequest {
  readonly urn: string;
  readonly inputs: PropertyMap;
  readonly oldInputs: PropertyMap;
  readonly oldOutputs: PropertyMap;
}

export interface CheckRequest extends ResourceIdentity {
  readonly inputs: PropertyMap;
  readonly oldInputs: PropertyMap | undefined;
  /** Makes automatic names repeatable: the same seed gives the same name. */
  readonly randomSeed: Uint8Array;
}

export interface CheckFailure {
  /** The path of the wrong property, empty for the resource as a whole. */
  readonly property: string;
  readonly reason: string;
}

export interface CheckResult {
  readonly inputs: PropertyMap;
  readonly failures: readonly CheckFailure[];
}

export interface DiffRequest extends ResourceIdentity {
  readonly id: string;
  readonly inputs: PropertyMap;
  readonly oldInputs: PropertyMap;
  readonly oldOutputs: PropertyMap;
  readonly ignoreChanges: readonly string[];
}

export type PropertyDiffKind = "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";

export interface PropertyDiff {
  readonly kind: PropertyDiffKind;
  /** Whether old and new inputs differ, rather than the new input and the old output. */
  readonly inputDiff: boolean;
}

export interface DiffResult {
  readonly changes: "none" | "some" | "unknown";
  /** Top-level properties that differ. */
  readonly diffs: readonly string[];
  /** Properties that force a replacement: empty when the change can be made in place. */
  readonly replaces: readonly string[];
  /** Outputs that keep their values during an update. */
  readonly stables: readonly string[];
  readonly deleteBeforeReplace: boolean;
  /** By property path (`sku.name`, `rules[0].port`); absent from providers that give none. */
  readonly detailedDiff: Readonly<Record<string, PropertyDiff>> | undefined;
}

export interface CreateRequest extends ResourceIdentity {
  readonly inputs: PropertyMap;
  readonly preview: boolean;
  /** Seconds, from `customTimeouts`; 0 is the provider's own default. */
  readonly timeout: number;
}

export interface CreateResult {
  readonly id: string;
  readonly outputs: PropertyMap;
}

export interface ReadRequest extends ResourceIdentity {
  readonly id: string;
  /** What the state holds; empty for an import or a `.get`. */
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
}

export interface ReadResult {
  readonly id: string;
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
}

export interface UpdateRequest extends ResourceIdentity {
  readonly id: string;
  readonly inputs: PropertyMap;
  readonly oldInputs: PropertyMap;
  readonly oldOutputs: PropertyMap;
  readonly ignoreChanges: readonly string[];
  readonly preview: boolean;
  readonly timeout: number;
}

export interface DeleteRequest extends ResourceIdentity {
  readonly id: string;
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
  readonly timeout: number;
}

export interface InvokeRequest {
  /** For example `cloudflare:index/getZone:getZone`. */
  readonly token: string;
  readonly args: PropertyMap;
  readonly preview: boolean;
}

export interface InvokeResult {
  readonly result: PropertyMap;
  readonly failures: readonly CheckFailure[];
}

export interface FindInterruptedCreateRequest extends ResourceIdentity {
  readonly inputs: PropertyMap;
}

/** A refusal by an emulated service, with the service's own error code and HTTP status. */
export class ServiceError extends Error {
  /**
   * @param code the service's code, for example `StorageAccountAlreadyTaken`
   * @param status the HTTP status the service answers with, for example 409. Default: 400, a request that it cannot take
   */
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(`Code="${code}" Status=${status} Message="${message}"`);
    this.name = "ServiceError";
  }
}
