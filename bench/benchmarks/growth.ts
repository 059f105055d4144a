import { join } from "node:path";
import { type Benchmark, figures, mark, perResource, type Row } from "../benchmark";
import { repeat } from "../fresh-process";
import { writeInventoryWithMoreSites } from "../more-sites";

const sizes = [100, 1000, 5000] as const;
/** With so many times the sites, `prod` has about a thousand resources. */
const thousandResources = 3.25;

export const pack: Benchmark = {
  name: "pack",
  description: "the whole policy pack on 100, 1,000 and 5,000 resources, and its share of a preview of 1,000",
  async run({ scale, runs, directory, signal }) {
    const rows: Row[] = [];
    let cheapest = Number.POSITIVE_INFINITY;
    const requests = (scale === "full" ? sizes : [100]).map((resources) => ({ what: "pack", resources }) as const);
    for (const median of await repeat(requests, { scale, runs, signal })) {
      const each = perResource(median);
      rows.push({
        benchmark: "pack",
        measured: `${median.resources.toLocaleString("en")} resources`,
        ...figures(median),
        ...(cheapest === Number.POSITIVE_INFINITY
          ? {}
          : { mark: mark("per resource ÷ that of fewer", each / cheapest, 1.5) }),
      });
      cheapest = Math.min(cheapest, each);
    }
    // In tiny sizes nothing is warm, so there is no share to tell.
    if (scale === "tiny") return rows;
    const inventory = join(directory, "inventory");
    writeInventoryWithMoreSites(inventory, thousandResources);
    const [preview] = await repeat([{ what: "alai", inventory, policies: true }], { scale, runs, signal });
    if (preview === undefined) return rows;
    const share = (preview.policySeconds ?? 0) / preview.seconds;
    return [
      ...rows,
      { benchmark: "pack", measured: "preview of prod", ...figures(preview), mark: mark("pack ÷ preview", share, 0.1) },
    ];
  },
};

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
