// What a watcher remembers between polls and runs.

export const quiet = { failures: 0, since: "", alerted: false, escalated: false };

/** @throws when the count is unusable: starting again at zero would keep an outage quiet */
export function parseState(json, where) {
  let state;
  try {
    state = JSON.parse(json);
  } catch {
    throw new Error(`${where} has no readable failure count`);
  }
  if (!Number.isInteger(state.failures) || state.failures < 0) throw new Error(`${where} has no usable failure count`);
  return { ...quiet, ...state };
}
