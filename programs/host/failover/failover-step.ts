import { pause } from "../../../lib/retry";
import type { HostStatus } from "../agents/health/host-status";
import { HostError, type HostExitCode, hostExitCodes } from "../host-exit-codes";
import type { PairedHost } from "../host-settings";
import type { Lease, LeaseWrite } from "../lease/lease";
import type { FailoverRequest } from "./failover-options";
import type { FailoverEnvironment } from "./observation";

/** What a step works with. */
export interface StepContext {
  readonly request: FailoverRequest;
  readonly environment: FailoverEnvironment;
  /** The term that the plan was made from. A lease that moved on makes the plan void. */
  readonly plannedFrom: number;
  /** The primary hands over: without its fence, nothing is taken from it. */
  readonly handedOver: boolean;
  readonly pollMs: number;
}

/** Does what is left to do of one step, which may be nothing, and says what it found or did. Can be repeated at any time. */
export type FailoverStep = (context: StepContext) => Promise<string>;

export interface FoundLease {
  readonly lease: Lease;
  readonly etag: string;
}

export function limitsOf({ request, environment, pollMs }: StepContext): WaitingLimits {
  return { signal: environment.signal, timeoutSeconds: request.timeoutSeconds, pollMs };
}

/** Waits for the lease to be as the callback wants it. A store that does not answer for a while is waited for. */
export function untilLease<T>(
  context: StepContext,
  poll: (found: FoundLease) => PollResult<T> | Promise<PollResult<T>>,
): Promise<T> {
  return until(limitsOf(context), async () => {
    const read = await context.environment.lease.read();
    switch (read.kind) {
      case "found":
        return poll(read);
      case "unreachable":
        return { waitingFor: `the store does not answer (${read.reason})` };
      case "missing":
        throw new HostError(hostExitCodes.resource, "the lease is gone from the store; nobody may act without it");
      case "corrupt":
        throw new HostError(hostExitCodes.resource, read.problem);
    }
  });
}

/**
 * Changes the lease if it is still the one that the plan was made from.
 *
 * @param change nothing when there is nothing left to change
 * @returns the lease as it is afterwards
 */
export function changeLease(context: StepContext, change: (lease: Lease) => Lease | undefined): Promise<Lease> {
  return untilLease(context, async ({ lease, etag }) => {
    const changed = change(lease);
    if (changed === undefined) return { found: lease };
    if (lease.term !== context.plannedFrom) throw supersededError(lease);
    const write = await context.environment.lease.replace(changed, etag);
    return write.kind === "won" ? { found: changed } : { waitingFor: describeLostWrite(write) };
  });
}

/** Also after "unreachable": whether it was written shows when the lease is read again. */
function describeLostWrite(write: Exclude<LeaseWrite, { readonly kind: "won" }>): string {
  return write.kind === "lost"
    ? "somebody else changes the lease all the time"
    : `the store does not answer (${write.reason})`;
}

export function supersededError({ term, primary, reason }: Lease): HostError {
  return new HostError(
    hostExitCodes.resource,
    `the lease changed meanwhile: term ${term} belongs to ${primary} (${reason}). Look at it, then decide again`,
  );
}

/** Waits for what a host says of itself. */
export function untilHost<T>(
  context: StepContext,
  name: string,
  poll: (status: HostStatus) => PollResult<T>,
): Promise<T> {
  const host = pairedHost(context, name);
  return until(limitsOf(context), async () => {
    const answer = await context.environment.ask(host);
    return answer.kind === "answers" ? poll(answer.status) : { waitingFor: `${name} does not answer (${answer.why})` };
  });
}

export function pairedHost({ environment }: StepContext, name: string): PairedHost {
  const host = environment.settings.hosts.find((each) => each.name === name);
  if (host === undefined) throw new HostError(hostExitCodes.badConfiguration, `no host ${name}`);
  return host;
}

interface WaitingLimits {
  readonly signal: AbortSignal;
  readonly timeoutSeconds: number;
  /** Milliseconds between two polls. */
  readonly pollMs: number;
  /** Default: real time. */
  readonly clock?: WaitingClock;
}

/** Time as steps see it; that of a rehearsal passes as fast as it can. */
export interface WaitingClock {
  now(): Date;
  /** Returns at once when the signal is given; never throws. */
  pause(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const realClock: WaitingClock = { now: () => new Date(), pause };

/** What was found, or what is still in the way: the last one is in the timeout's message. */
type PollResult<T> = { readonly found: T } | { readonly waitingFor: string };

/**
 * Looks again and again until there is something.
 *
 * @throws HostError with the exit codes for a timeout and for an interruption
 */
export async function until<T>(limits: WaitingLimits, poll: () => Promise<PollResult<T>>): Promise<T> {
  const { clock = realClock } = limits;
  const deadline = clock.now().getTime() + limits.timeoutSeconds * 1000;
  for (;;) {
    throwIfInterrupted(limits.signal);
    const seen = await poll();
    if ("found" in seen) return seen.found;
    if (clock.now().getTime() >= deadline) {
      throw new HostError(hostExitCodes.timeout, `${seen.waitingFor}; waited ${limits.timeoutSeconds} s`);
    }
    await clock.pause(limits.pollMs, limits.signal);
  }
}

function throwIfInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new HostError(hostExitCodes.cancelled, "interrupted");
}

/** One step of a run, as its evidence has it. Times are ISO 8601, UTC. */
export interface StepRecord<Name extends string> {
  readonly step: Name;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly outcome: "done" | "failed";
  readonly detail: string;
}

interface StepRun<Name extends string> {
  readonly work: (step: Name) => Promise<string>;
  /** A step whose failure does not end the run; an interruption does. */
  readonly isOptional: (step: Name) => boolean;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** What came of some steps: their records, the exit code, and at which the run stopped, unless it came to its end. */
export interface StepsOutcome<Name extends string> {
  readonly steps: readonly StepRecord<Name>[];
  readonly exitCode: HostExitCode;
  readonly stoppedAt?: Name;
}

/** Does one step after the other, and says what came of each. Errors that a person can act on are in the records and not thrown. */
export async function runSteps<Name extends string>(
  planned: readonly Name[],
  { work, isOptional, now, signal, say }: StepRun<Name>,
): Promise<StepsOutcome<Name>> {
  const records: StepRecord<Name>[] = [];
  let exitCode: HostExitCode = hostExitCodes.done;
  for (const step of planned) {
    const startedAt = now().toISOString();
    const record = (outcome: StepRecord<Name>["outcome"], detail: string): void => {
      records.push({ step, startedAt, endedAt: now().toISOString(), outcome, detail });
      say(`${outcome === "done" ? "done" : "FAILED"}: ${step}: ${detail}`);
    };
    try {
      throwIfInterrupted(signal);
      record("done", await work(step));
    } catch (error) {
      const code = error instanceof HostError ? error.exitCode : hostExitCodes.error;
      record("failed", error instanceof Error ? error.message : String(error));
      if (!isOptional(step) || code === hostExitCodes.cancelled) {
        return { steps: records, exitCode: code, stoppedAt: step };
      }
      exitCode = hostExitCodes.resource;
    }
  }
  return { steps: records, exitCode };
}
