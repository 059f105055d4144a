import { type RehearsedStack, rehearse } from "../sandbox/project/rehearsal";
import { stackDefinitions } from "../stacks/registry";

let rehearsed: Promise<readonly RehearsedStack[]> | undefined;

/**
 * All of the project's stacks, previewed and deployed to one world in memory. That takes half a minute, so that it is done once in a
 * process, for whoever asks.
 *
 * @param root the project's directory
 * @throws when a stack cannot be deployed
 */
export function rehearsedStacks(root: string, signal: AbortSignal): Promise<readonly RehearsedStack[]> {
  rehearsed ??= rehearseAll(root, signal);
  return rehearsed;
}

async function rehearseAll(directory: string, signal: AbortSignal): Promise<readonly RehearsedStack[]> {
  const stacks = stackDefinitions.map(({ name }) => name);
  const all = await rehearse({ directory, stacks, previews: true, signal });
  const failed = all.filter(({ up }) => up.result !== "succeeded");
  if (failed.length === 0) return all;
  throw new Error(failed.flatMap(({ stack, up }) => [`${stack} cannot be deployed:`, ...up.errors]).join("\n"));
}
