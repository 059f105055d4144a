import { setTimeout as sleep } from "node:timers/promises";
import { DrillError } from "../programs/external-program";

/**
 * Asks until there is an answer.
 *
 * @param what for the error, as the end of "… did not happen": "forge is primary"
 * @param ask undefined or false: not yet
 * @throws {DrillError} when there is none in time, or the drill was interrupted
 */
export async function waitFor<T>(
  what: string | (() => string),
  seconds: number,
  ask: () => Promise<T | undefined | false>,
  { everySeconds = 0.2, signal }: { readonly everySeconds?: number; readonly signal?: AbortSignal } = {},
): Promise<T> {
  for (const deadline = Date.now() + seconds * 1000; ; ) {
    signal?.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline)
      throw new DrillError(`waited ${seconds} s for this, in vain: ${typeof what === "string" ? what : what()}`);
    await sleep(everySeconds * 1000);
  }
}
