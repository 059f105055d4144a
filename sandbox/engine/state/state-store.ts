import { createHash } from "node:crypto";
import { StackLocked, UnreadableState } from "../../../deployment/state-errors";
import type { PropertyMap } from "../../../deployment/values/property-value";
import { engineVersion } from "../engine";
import type { ResourceState } from "../plan/resource-state";
import type { ResourceStep } from "../plan/step";
import { isRootStack } from "../plan/urn";
import {
  type DeploymentDocument,
  decodeResource,
  documentVersion,
  encodeResource,
  type OperationType,
} from "./deployment-document";
import { defaultPassphrase, PassphraseCipher } from "./passphrase-cipher";
import { type StateJournal, silentJournal } from "./state-journal";

/** Where one stack's state lives. */
export interface StateStore {
  readonly stack: string;
  /** Named in messages: the file, for a store on disk. */
  readonly location: string;
  /** What is stored, with what an interrupted operation noted; undefined when the stack was never deployed. */
  load(): Promise<DeploymentDocument | undefined>;
  /** Keeps other operations out until the result is called. Throws {@link StackLocked}. */
  lock(command: string): Promise<() => Promise<void>>;
  /** Whether an operation that died left its notes: the next one settles them, also when nothing changes. */
  isInterrupted(): boolean;
  /** Where an operation notes its steps, so that nothing is lost when the process dies. */
  openJournal(): Promise<StateJournal>;
  /** Replaces what is stored, at once or not at all, and forgets the journal. */
  save(document: DeploymentDocument): Promise<void>;
  /** Forgets the stack. */
  remove(): Promise<void>;
}

/** State that lives as long as this object, for rehearsals and tests. It holds the document as text, as a file would. */
export class MemoryStateStore implements StateStore {
  readonly location: string;
  private text: string | undefined;
  private locked = false;

  constructor(readonly stack: string) {
    this.location = `the state of ${stack} in memory`;
  }

  async load(): Promise<DeploymentDocument | undefined> {
    return this.text === undefined ? undefined : JSON.parse(this.text);
  }

  async lock(): Promise<() => Promise<void>> {
    if (this.locked) throw new StackLocked(`${this.location}: another operation of this process is running on it`);
    this.locked = true;
    return async () => {
      this.locked = false;
    };
  }

  isInterrupted(): boolean {
    return false;
  }

  async openJournal(): Promise<StateJournal> {
    return silentJournal;
  }

  async save(document: DeploymentDocument): Promise<void> {
    this.text = JSON.stringify(document);
  }

  async remove(): Promise<void> {
    this.text = undefined;
  }
}

/** Keeps the state up to date as steps are applied. */
export interface StepRecorder {
  /** Called before a step; returns when its intent is safe. The result goes to {@link end}. */
  begin(step: ResourceStep): Promise<PendingStep>;
  end(step: ResourceStep, pending: PendingStep, outcome: StepOutcome): void;
}

/** Whether a step did what it was to do. After `unknown` it stays pending, and the next operation asks the provider. */
export type StepOutcome = "done" | "not-done" | "unknown";

/** A step whose outcome is not known yet; `undefined` where none was noted. */
export type PendingStep = number | undefined;

/** For previews, which leave no trace. */
export const noRecorder: StepRecorder = {
  begin: async () => undefined,
  end: () => {},
};

/** An operation that was begun and whose end nobody recorded. */
export interface PendingOperation {
  readonly resource: ResourceState;
  readonly type: OperationType;
}

/** A stack's state, decrypted. */
export interface StackState {
  readonly resources: readonly ResourceState[];
  readonly pendingOperations: readonly PendingOperation[];
}

export const emptyState: StackState = { resources: [], pendingOperations: [] };

/** The passphrase that encrypts states: `PULUMI_CONFIG_PASSPHRASE`, or the sandbox's own that is not secret. */
export function statePassphrase(): string {
  return process.env.PULUMI_CONFIG_PASSPHRASE || defaultPassphrase;
}

/** The cipher for a document, or a new one where there is no document yet. */
export async function cipherFor(document: DeploymentDocument | undefined, where: string): Promise<PassphraseCipher> {
  const provider = document?.deployment.secrets_providers;
  if (provider === undefined) return PassphraseCipher.create(statePassphrase());
  if (provider.type !== "passphrase" || provider.state?.salt === undefined) {
    throw new UnreadableState(
      `${where}: secrets are encrypted by "${provider.type}"; the sandbox knows "passphrase" only`,
    );
  }
  return PassphraseCipher.open(statePassphrase(), provider.state.salt, where);
}

/** @param where the file, for messages */
export function decodeState(
  document: DeploymentDocument | undefined,
  cipher: PassphraseCipher,
  where: string,
): StackState {
  if (document === undefined) return emptyState;
  const { resources = [], pending_operations: pending = [] } = document.deployment;
  try {
    return {
      resources: resources.map((resource) => decodeResource(resource, cipher.decode)),
      pendingOperations: pending.map(({ resource, type }) => ({
        resource: decodeResource(resource, cipher.decode),
        type,
      })),
    };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UnreadableState(`${where}: a property is nested too deeply; restore the state from a backup`, { cause });
  }
}

export function encodeState(state: StackState, cipher: PassphraseCipher): DeploymentDocument {
  const resources = state.resources.map((resource) => encodeResource(resource, cipher.encode));
  const pending = state.pendingOperations.map(({ resource, type }) => ({
    resource: encodeResource(resource, cipher.encode),
    type,
  }));
  return {
    version: documentVersion,
    deployment: {
      manifest: { time: new Date().toISOString(), magic: magicFor(`v${engineVersion}`), version: `v${engineVersion}` },
      secrets_providers: { type: "passphrase", state: { salt: cipher.saltLine } },
      ...(resources.length > 0 ? { resources } : {}),
      ...(pending.length > 0 ? { pending_operations: pending } : {}),
      metadata: {},
    },
  };
}

/** Pulumi's check that a manifest was not edited by hand: the hash of its version. */
function magicFor(version: string): string {
  return createHash("sha256").update(version).digest("hex");
}

/** A stack's state, decrypted; undefined when it was never deployed. */
export async function loadDeployment(store: StateStore): Promise<StackState | undefined> {
  const document = await store.load();
  if (document === undefined) return undefined;
  return decodeState(document, await cipherFor(document, store.location), store.location);
}

/** A stack's outputs, with secrets still marked; undefined when it was never deployed. */
export async function readStackOutputs(store: StateStore): Promise<PropertyMap | undefined> {
  const state = await loadDeployment(store);
  if (state === undefined) return undefined;
  return state.resources.find(({ urn }) => isRootStack(urn))?.outputs ?? {};
}
