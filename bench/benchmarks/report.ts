import { join } from "node:path";
import { type Benchmark, figures, mark, perResource, type Row } from "../benchmark";
import { writeInventoryWithMoreSites } from "../more-sites";
import { repeat } from "../repeat";

/** So many times the sites make about 1,000 and 5,000 changes. */
const times = [4.75, 25.6] as const;

export const report: Benchmark = {
  name: "report",
  description: "comment, whole report, SARIF and JSON of a preview with 1,000 and 5,000 changes",
  async run({ scale, runs, directory, signal }) {
    const rows: Row[] = [];
    let cheapest = Number.POSITIVE_INFINITY;
    const requests = (scale === "full" ? times : [1]).map((factor) => {
      const inventory = join(directory, `${factor}`);
      writeInventoryWithMoreSites(inventory, factor);
      return { what: "report", inventory } as const;
    });
    for (const median of await repeat(requests, { scale, runs, signal })) {
      const each = perResource(median);
      rows.push({
        benchmark: "report",
        measured: `${median.resources.toLocaleString("en")} changes`,
        ...figures(median),
        ...(cheapest === Number.POSITIVE_INFINITY
          ? {}
          : { mark: mark("per change ÷ that of fewer", each / cheapest, 1.5) }),
      });
      cheapest = Math.min(cheapest, each);
    }
    return rows;
  },
};
