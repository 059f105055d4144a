import type { ProjectSdk, SdkStore } from "./project-sdk";

let abandoned = false;

/**
 * Gives a run a store of its own in the SDK, where that keeps its settings and its connection to the engine.
 *
 * A run normally gets it as the process's global store: stores that follow asynchronous calls cost a third more time on Node 20.
 * Once a program was abandoned in this process, later ones get theirs by asynchronous context, so that whatever the abandoned one
 * still does keeps meeting the old, closed engine.
 *
 * @param run returns whether the program was abandoned before its end
 */
export async function withOwnStore(sdk: ProjectSdk, run: (store: SdkStore) => Promise<boolean>): Promise<void> {
  if (abandoned) {
    await sdk.state.withLocalStorage(() => run(sdk.state.getStore()));
    return;
  }
  const store = new sdk.state.LocalStore();
  const previous = globalThis.globalStore;
  // Packages make themselves known once, when they are loaded.
  if (previous !== undefined) {
    store.resourcePackages = previous.resourcePackages;
    store.resourceModules = previous.resourceModules;
  }
  globalThis.globalStore = store;
  abandoned = await run(store);
}
