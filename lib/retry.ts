import { setTimeout as sleep } from "node:timers/promises";

/** How often something is tried, and how long it is waited in between. */
export interface RetryPlan {
  /** In all, with the first. */
  readonly tries: number;
  /** Before the second try, in milliseconds; each further wait is twice as long, unless `factor` says otherwise. */
  readonly firstWaitMs: number;
  /** What each wait is multiplied with for the next one. Default: 2. With 1 all waits are equal. */
  readonly factor?: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/**
 * Does the work again when it fails in a way that passes. Needs nothing but Node.js 20.
 *
 * @param passes whether another try may succeed where this error was thrown; a number is the least wait in milliseconds that the
 * service asked for
 * @throws the last error; the signal's reason when it ended the waiting
 * @example await retry(() => ask(url), { tries: 4, firstWaitMs: 1000 }, (error) => error instanceof BusyError)
 */
export async function retry<T>(
  work: () => Promise<T>,
  plan: RetryPlan,
  passes: (error: unknown) => boolean | number = () => true,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const answer = passes(error);
      if (answer === false || attempt >= plan.tries) throw error;
      await pause(Math.max(waitAfter(attempt, plan), answer === true ? 0 : answer), plan.signal);
      plan.signal?.throwIfAborted();
    }
  }
}

/**
 * Asks again until an answer is final; for questions that never throw.
 *
 * @returns the final answer, or the last one when there was none
 */
export async function askAgain<T>(ask: () => Promise<T>, plan: RetryPlan, isFinal: (answer: T) => boolean): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask();
    if (isFinal(answer) || attempt >= plan.tries || isAborted(plan)) return answer;
    await pause(waitAfter(attempt, plan), plan.signal);
    if (isAborted(plan)) return answer;
  }
}

/** Waits, and returns at once when the signal is given; never throws. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}

/** Whether an HTTP status says that the same request may succeed later: 429, and everything from 500 up. */
export function isTemporaryStatus(status: number): boolean {
  return status === 429 || status >= 500;
}

function isAborted({ signal }: RetryPlan): boolean {
  return signal?.aborted === true;
}

function waitAfter(attempt: number, { firstWaitMs, factor = 2 }: RetryPlan): number {
  return firstWaitMs * factor ** (attempt - 1);
}
