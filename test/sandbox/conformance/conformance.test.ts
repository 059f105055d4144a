import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordingsOf, series } from "../../../sandbox/conformance/recorded-providers";
import { SeriesReplay } from "../../../sandbox/conformance/run-series";

for (const recorded of series) {
  describe(recorded.folder, () => {
    let runs: SeriesReplay;
    beforeAll(async () => {
      runs = await SeriesReplay.open(recorded);
    });
    afterAll(() => runs.close());
    for (const recording of recordingsOf(recorded)) {
      it(recording.name, async () => {
        expect((await runs.run(recording)).problems).toEqual([]);
      });
    }
  });
}
