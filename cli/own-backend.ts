import { stateContainerOf } from "../stacks/state-container";

/**
 * Works on a stack where its state is. Stacks have containers of their own in the account of states: with one of them in
 * `PULUMI_BACKEND_URL`, each stack is asked for in its own. Another backend is left as it is, and so is one that `pulumi login` remembers.
 *
 * One after the other only: the variable is the whole process's.
 */
export async function inOwnBackend<Result>(
  stack: string,
  work: () => Promise<Result>,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Result> {
  const given = environment.PULUMI_BACKEND_URL ?? "";
  if (!given.startsWith("azblob://")) return work();
  environment.PULUMI_BACKEND_URL = given.replace(/^azblob:\/\/[^/?]*/, `azblob://${stateContainerOf(stack)}`);
  try {
    return await work();
  } finally {
    environment.PULUMI_BACKEND_URL = given;
  }
}
