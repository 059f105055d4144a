// What a watcher remembers between polls and runs, and how a poll changes it.
import { at } from "../job";

/** What a watcher remembers. */
export interface WatchState {
  /** Polls that failed since something is wrong. */
  readonly failures: number;
  /** Polls in a row that were answered again after somebody was told. */
  readonly successes: number;
  /** When the first of the failures was; empty while nothing is wrong. */
  readonly since: string;
  readonly alerted: boolean;
  readonly escalated: boolean;
}

/** Nothing is wrong. */
export const quiet: WatchState = { failures: 0, successes: 0, since: "", alerted: false, escalated: false };

/** The count is unusable. */
export class LostCount extends Error {}

/** @throws {LostCount} when it cannot be read: what it said is not guessed */
export function parseState(json: string, where: string): WatchState {
  let state: unknown;
  try {
    state = JSON.parse(json);
  } catch {
    throw new LostCount(`${where} has no readable failure count`);
  }
  const [failures, successes, since] = [at(state, "failures"), at(state, "successes") ?? 0, at(state, "since") ?? ""];
  if (!isCount(failures) || !isCount(successes) || typeof since !== "string") {
    throw new LostCount(`${where} has no usable failure count`);
  }
  const [alerted, escalated] = [at(state, "alerted") === true, at(state, "escalated") === true];
  return { failures, successes, since, alerted, escalated };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

/** Whether somebody was told of the incident: the alert may fail where the escalation gets through. */
export function peopleKnow({ alerted, escalated }: WatchState): boolean {
  return alerted || escalated;
}

/** The settings of {@link afterPoll}. */
interface Poll {
  readonly healthy: boolean;
  readonly now: string;
  /** Answered polls in a row that end an incident. */
  readonly recoverAfter: number;
}

/**
 * The state after a poll, and whether the incident is over. Before anybody was told only failures in a row count. After it the
 * incident lasts until `recoverAfter` polls in a row were answered: an endpoint that comes and goes is one incident, and what fails in
 * between counts on.
 */
export function afterPoll(
  before: WatchState,
  { healthy, now, recoverAfter }: Poll,
): { readonly state: WatchState; readonly isOver: boolean } {
  if (!healthy) {
    const state = { ...before, failures: before.failures + 1, successes: 0, since: before.since || now };
    return { state, isOver: false };
  }
  if (before.since === "") return { state: before, isOver: false };
  const successes = before.successes + 1;
  const state = { ...before, successes };
  return { state, isOver: !peopleKnow(before) || successes >= recoverAfter };
}
