import { join } from "node:path";
import { type Benchmark, figures, mark, perResource } from "../benchmark";
import { medianOf } from "../measurement";
import { writeInventoryWithMoreSites } from "../more-sites";
import { repeat } from "../repeat";

/** From here on one run is enough: it takes minutes, and its noise evens out. */
const longRun = 100;

export const sites: Benchmark = {
  name: "sites",
  description: "preview of prod with 1, 10 and 100 times as many sites: the time for each resource does not grow",
  async run({ scale, runs, directory, signal }) {
    const sizes = scale === "full" ? [1, 10, longRun] : [1];
    const rows = [];
    const cheaper: number[] = [];
    const requests = sizes.map((times) => {
      const inventory = join(directory, `${times}`);
      return { times, sites: writeInventoryWithMoreSites(inventory, times), inventory };
    });
    for (const { times, sites, inventory } of requests) {
      const request = { what: "alai", inventory, policies: true } as const;
      const median = medianOf(await repeat([request], { scale, runs: times >= longRun ? 1 : runs, signal }));
      const each = perResource(median);
      const best = Math.min(...cheaper);
      rows.push({
        benchmark: "sites",
        measured: `prod, ${sites} sites (${times}×)`,
        ...figures(median),
        ...(cheaper.length === 0 ? {} : { mark: mark("per resource ÷ that of fewer sites", each / best, 1.5) }),
      });
      cheaper.push(each);
    }
    return rows;
  },
};
