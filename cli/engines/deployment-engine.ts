import type { EngineEvent } from "../../deployment/engine-event";
import type { OperationKind, OperationResult } from "../../deployment/operation";
import type { ExistingThings } from "../../operations/adopt/find-existing";
import type { AlertTester } from "../../operations/alert-test";
import type { SiteCloud } from "../../operations/cutover/site-cloud";
import type { RevisionTraffic } from "../../operations/delivery/app-traffic";
import type { JobRuns } from "../../operations/delivery/changed-jobs";
import type { InventoryLister } from "../../operations/drift/unmanaged";
import type { LeaseReader } from "../../operations/failover/primary-address";
import type { ReleaseTools } from "../../operations/release/run-release";
import type { SecretCloud } from "../../operations/secrets/secret-cloud";
import type { StateVersions } from "../../operations/state/state-versions";
import type { CloudReadings } from "../../operations/status/cloud-readings";
import type { HostsStatus } from "../../operations/status/stack-status";
import type { StackUpdates } from "../../operations/status/stack-updates";
import type { TakeoverCloud } from "../../operations/takeover/takeover-cloud";
import type { SystemHosts } from "../../stacks/system-hosts";
import type { EngineName } from "../options";

export interface DeploymentRequest {
  readonly kind: OperationKind;
  readonly previewOnly: boolean;
  readonly targets: readonly string[];
  /** For `destroy`: URNs that are deleted although they are protected. Whatever is not deleted stays protected. */
  readonly unprotected?: readonly string[];
  readonly emit: (event: EngineEvent) => void;
  readonly signal: AbortSignal;
}

export interface DeploymentResult extends OperationResult {
  /** Whether an `up` after this preview would leave the state exactly as it is; false when the engine cannot tell. */
  readonly unchanged: boolean;
}

/** One stack on one engine, ready to be worked on. */
export interface DeploymentEngine {
  readonly name: EngineName;
  readonly stack: string;
  /** Things worth saying before anything is done, such as secrets that were replaced by stand-ins. */
  readonly notices: readonly string[];
  /** The stack's configuration by qualified name; absent where only the engine reads it, when it runs. */
  readonly configuration: Readonly<Record<string, string>> | undefined;
  /** Whether the engine has the service's own rules for a type; absent where the services are real. */
  readonly isModelled: ((type: string) => boolean) | undefined;
  run(request: DeploymentRequest): Promise<DeploymentResult>;
  /** The stack's outputs, secrets as `[secret]` unless asked for; undefined when it was never deployed. */
  outputs(showSecrets: boolean): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** The state as a Pulumi deployment, secrets encrypted; undefined when the stack was never deployed. */
  exportedState(): Promise<unknown>;
  /** URNs that `destroy` refuses to delete, unless its request names them. */
  protectedResources(): Promise<readonly string[]>;
  /** Removes the stack itself, with its history and its configuration file. Only for one in which nothing is left. */
  forget(): Promise<void>;
  /**
   * Throws when another operation holds the stack's lock. On the real engine it says nothing: a backend in a storage account tells of its
   * lock only to whoever takes it.
   */
  requireUnlocked(): Promise<void>;
  /** Takes the lock away from whoever holds it; absent where a lock without an owner breaks by itself. */
  readonly breakLock: (() => Promise<void>) | undefined;
  /** Where requests to container apps go. */
  readonly revisionTraffic: RevisionTraffic;
  /** Runs of jobs. */
  readonly jobRuns: JobRuns;
  /** What a takeover does. */
  readonly takeover: TakeoverCloud;
  /** What releases work with. */
  readonly releases: Pick<ReleaseTools, "cloud" | "journals" | "clock" | "alerts">;
  /** What tests of alerts work with. */
  readonly alertTester: AlertTester;
  /** What setting secrets works with. */
  readonly secrets: SecretCloud;
  /** What moving sites works with. */
  readonly sites: SiteCloud;
  /** What exists in the clouds, whoever made it. */
  readonly inventory: InventoryLister;
  /** Who changed the stack last, and who works on it now. */
  readonly updates: StackUpdates;
  /** What the clouds say of things that the stack deployed. */
  readonly readings: CloudReadings;
  /** Which host is primary, and what disagrees with it. */
  readonly readHosts: (hosts: SystemHosts) => Promise<HostsStatus>;
  /** What the state was after each operation. */
  readonly states: StateVersions;
  /** Looks for what exists by the properties that the program gives it. */
  existing(places: { readonly githubOwner: string }): ExistingThings;
  /** Reads which host is primary. The emulated store holds no lease. */
  readonly readLease: LeaseReader;
  close(): Promise<void>;
}
