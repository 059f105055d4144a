// What a watcher remembers between polls and runs, and how a poll changes it.

/** Nothing is wrong. `since` is set while something is. */
export const quiet = { failures: 0, successes: 0, since: "", alerted: false, escalated: false };

/** The count is unusable. */
export class LostCount extends Error {}

/** @throws {LostCount} when it cannot be read: what it said is not guessed */
export function parseState(json, where) {
  let state;
  try {
    state = JSON.parse(json);
  } catch {
    throw new LostCount(`${where} has no readable failure count`);
  }
  if (!Number.isInteger(state?.failures) || state.failures < 0) {
    throw new LostCount(`${where} has no usable failure count`);
  }
  return { ...quiet, ...state };
}

/** Whether somebody was told of the incident: the alert may fail where the escalation gets through. */
export function peopleKnow({ alerted, escalated }) {
  return alerted || escalated;
}

/**
 * The state after a poll. Before anybody was told only failures in a row count. After it the incident lasts until `recoverAfter` polls
 * in a row were answered: an endpoint that comes and goes is one incident, and what fails in between counts on.
 */
export function afterPoll(before, healthy, now, recoverAfter) {
  if (!healthy) return { ...before, failures: before.failures + 1, successes: 0, since: before.since || now };
  if (before.since === "") return before;
  const successes = before.successes + 1;
  return peopleKnow(before) && successes < recoverAfter
    ? { ...before, successes }
    : { ...before, successes, over: true };
}
