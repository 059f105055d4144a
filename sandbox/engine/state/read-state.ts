import type { PropertyMap } from "../../../deployment/values/property-value";
import { isRootStack } from "../plan/urn";
import type { StateStore } from "./state-store";
import { cipherFor, decodeState, type StackState } from "./stored-state";

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
