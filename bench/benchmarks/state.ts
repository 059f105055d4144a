import { type Benchmark, figures, mark, perResource, type Row } from "../benchmark";
import { plainResources } from "../measurements/plain-size";
import { repeat } from "../repeat";

export const state: Benchmark = {
  name: "state",
  description:
    "up of 303, 1,003 and 4,003 resources with state and world on disk, and once more with nothing to change",
  async run({ scale, runs, signal }) {
    const rows: Row[] = [];
    for (const on of ["nothing", "itself"] as const) {
      const cheaper: number[] = [];
      for (const resources of scale === "full" ? [303, 1003, 4003] : [plainResources + 20]) {
        const components = (resources - plainResources) / 2;
        const [median] = await repeat([{ what: "up", components, on }], { scale, runs, signal });
        if (median === undefined) continue;
        const each = perResource(median);
        const best = Math.min(...cheaper);
        rows.push({
          benchmark: "state",
          measured: `${on === "nothing" ? "up" : "up again"}, ${resources} resources`,
          ...figures(median),
          ...(cheaper.length === 0 ? {} : { mark: mark("per resource ÷ that of fewer resources", each / best, 1.5) }),
        });
        cheaper.push(each);
      }
    }
    return rows;
  },
};
