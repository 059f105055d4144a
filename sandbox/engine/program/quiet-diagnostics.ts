import type { ProjectSdk } from "./project-sdk";

/** Set to any value to get the SDK's own stack captures and promise-leak reports back; slower. */
export const fullDiagnosticsVariable = "PULUMI_DEBUG_PROMISE_LEAKS";

const quieted = new WeakSet<object>();

/**
 * Takes the SDK's costliest help for debugging away: a formatted stack for every promise and every resource, and four debug
 * messages a resource. That is half of a large program's time. Errors of the program keep their stacks.
 */
export function quietDiagnostics(sdk: ProjectSdk): void {
  if (process.env[fullDiagnosticsVariable] !== undefined || quieted.has(sdk.debuggable)) return;
  quieted.add(sdk.debuggable);
  sdk.debuggable.debuggablePromise = (promise) => promise;
  sdk.log.debug = () => Promise.resolve();
  const { Resource } = sdk.resource;
  if (Resource.stackTrace !== undefined) Resource.stackTrace = () => [];
}
