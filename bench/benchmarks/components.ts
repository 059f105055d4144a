import { join } from "node:path";
import { type Benchmark, figures, mark } from "../benchmark";
import { writeInventoryWithMoreSites } from "../more-sites";
import { measure, repeat } from "../repeat";

export const components: Benchmark = {
  name: "components",
  description: "prod against the same resources without components, each directly under the stack",
  async run({ scale, runs, directory, signal }) {
    const rows = [];
    for (const times of scale === "full" ? [1, 10] : [1]) {
      const inventory = join(directory, `inventory-${times}`);
      const recording = join(directory, `recording-${times}.json`);
      writeInventoryWithMoreSites(inventory, times);
      await measure({ what: "record", inventory, recording }, scale);
      const [composed, flat] = await repeat(
        [
          { what: "alai", inventory, policies: true },
          { what: "flat", recording, policies: true },
        ],
        { scale, runs, signal },
      );
      if (composed === undefined || flat === undefined) continue;
      const ratio = composed.processorSeconds / flat.processorSeconds;
      rows.push(
        { benchmark: "components", measured: `flat, ${times}× sites`, ...figures(flat) },
        {
          benchmark: "components",
          measured: `components, ${times}× sites`,
          ...figures(composed),
          mark: mark("components ÷ flat", ratio, 1.15),
        },
      );
    }
    return rows;
  },
};
