import { describe, expect, it } from "vitest";
import { recordedEvents, recordedLog, recordedRuns } from "./recordings";

describe("change counts", () => {
  const runs = recordedRuns.filter((run) => recordedEvents(run).some((event) => event.summaryEvent));

  it("covers the recordings", () => {
    expect(runs.length).toBe(86);
  });

  it.each(runs)("of %s equal those of the engine's summary", (run) => {
    const summary = recordedEvents(run).find((event) => event.summaryEvent)?.summaryEvent;
    expect(recordedLog(run).counts.toRecord()).toEqual(summary?.resourceChanges);
  });
});
