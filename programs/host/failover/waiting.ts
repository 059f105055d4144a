import { pause } from "../../../lib/retry";
import { HostError, hostExitCodes } from "../host-exit-codes";

export interface WaitingLimits {
  readonly signal: AbortSignal;
  readonly timeoutSeconds: number;
  /** Between two looks. */
  readonly pollMs: number;
}

/** What was found, or what is still in the way: the last one is in the timeout's message. */
export type Look<T> = { readonly found: T } | { readonly waitingFor: string };

/**
 * Looks again and again until there is something.
 *
 * @throws HostError with the exit codes for a timeout and for an interruption
 */
export async function until<T>(limits: WaitingLimits, look: () => Promise<Look<T>>): Promise<T> {
  const deadline = Date.now() + limits.timeoutSeconds * 1000;
  for (;;) {
    throwIfInterrupted(limits.signal);
    const seen = await look();
    if ("found" in seen) return seen.found;
    if (Date.now() >= deadline) {
      throw new HostError(hostExitCodes.timeout, `${seen.waitingFor}; waited ${limits.timeoutSeconds} s`);
    }
    await pause(limits.pollMs, limits.signal);
  }
}

export function throwIfInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new HostError(hostExitCodes.cancelled, "interrupted");
}
