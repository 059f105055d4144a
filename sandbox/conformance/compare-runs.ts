import type { JsonObject } from "../../lib/json-value";
import { compareEvents } from "./compare-events";
import { compareStates, needsIn, type OpenedState, openState } from "./compare-state";
import type { Recording } from "./recording";
import type { Replayed } from "./replay";

/** Everything in which a replayed run differs from its recording; empty when it matches. */
export async function compareRuns(
  recording: Recording,
  replayed: Replayed,
  before: OpenedState | undefined,
): Promise<string[]> {
  const problems: string[] = [];
  if (replayed.exit !== recording.exit) problems.push(`exit: recorded ${recording.exit}, got ${replayed.exit}`);
  const recorded = await openState(recording.state, recording.name);
  const actual = await openState(replayed.stateText ?? recording.state, `the replay of ${recording.name}`);
  const known = before === undefined ? [recorded, actual] : [before, recorded, actual];
  problems.push(
    ...compareEvents({
      recorded: plain(recording.events),
      actual: plain(replayed.events),
      anyOrder: recording.command === "refresh",
      needs: needsIn(...known),
    }),
    ...compareStates(recorded, actual),
  );
  return problems;
}

function plain(events: readonly object[]): JsonObject[] {
  return events.map((event) => JSON.parse(JSON.stringify(event)));
}
