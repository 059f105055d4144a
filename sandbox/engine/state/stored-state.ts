import { createHash } from "node:crypto";
import { UnreadableState } from "../../../deployment/state-errors";
import type { PropertyMap } from "../../../deployment/values/property-value";
import type { ResourceState } from "../plan/resource-state";
import { isRootStack } from "../plan/urn";
import { type DeploymentDocument, documentVersion, type OperationType } from "./deployment-document";
import { defaultPassphrase, PassphraseCipher } from "./passphrase-cipher";
import { decodeResource, encodeResource } from "./resource-codec";
import type { StateStore } from "./state-store";

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

/** The version of Pulumi whose engine the sandbox follows; written into the manifest. */
export const engineVersion = "v3.260.0";

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

export function decodeState(document: DeploymentDocument | undefined, cipher: PassphraseCipher): StackState {
  if (document === undefined) return emptyState;
  const { resources = [], pending_operations: pending = [] } = document.deployment;
  return {
    resources: resources.map((resource) => decodeResource(resource, cipher.decode)),
    pendingOperations: pending.map(({ resource, type }) => ({
      resource: decodeResource(resource, cipher.decode),
      type,
    })),
  };
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
      manifest: { time: new Date().toISOString(), magic: magicFor(engineVersion), version: engineVersion },
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
  return decodeState(document, await cipherFor(document, store.location));
}

/** A stack's outputs, with secrets still marked; undefined when it was never deployed. */
export async function readStackOutputs(store: StateStore): Promise<PropertyMap | undefined> {
  const state = await loadDeployment(store);
  if (state === undefined) return undefined;
  return state.resources.find(({ urn }) => isRootStack(urn))?.outputs ?? {};
}
