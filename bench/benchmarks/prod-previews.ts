import { join } from "node:path";
import { stackDefinitions } from "../../stacks/registry";
import { type Benchmark, figures, mark, perResource, type Row } from "../benchmark";
import { measure, repeat } from "../fresh-process";
import { medianOf } from "../measurement";
import { writeInventoryWithMoreSites } from "../more-sites";

/** From here on one run is enough: it takes minutes, and its noise evens out. */
const longRun = 100;

export const sites: Benchmark = {
  name: "sites",
  description: "preview of prod with 1, 10 and 100 times as many sites: the time for each resource does not grow",
  async run({ scale, runs, directory, signal }) {
    const sizes = scale === "full" ? [1, 10, longRun] : [1, 2];
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

/**
 * What stacks of services are compared with: one of ALAI's, and as they are a platform of Azure's alone. Half of what is in ALAI's
 * `prod` is in Cloudflare and GitHub, and costs less to preview.
 */
const yardstick = "dev";
const largest = "prod";

export const stacks: Benchmark = {
  name: "stacks",
  description: "previews of all stacks, one after another: the time for each resource, against that of dev and prod",
  async run({ scale, runs, signal }) {
    const all = scale === "full" ? stackDefinitions.map(({ name }) => name) : [largest, yardstick];
    const requests = all.map((stack) => ({ what: "stack", stack }) as const);
    const medians = await repeat(requests, { scale, runs, signal });
    const each = new Map(medians.map((median, index) => [all[index] ?? "", perResource(median)]));
    return medians.map((median, index): Row => {
      const stack = all[index] ?? "";
      const over = (other: string) => (each.get(stack) ?? Number.NaN) / (each.get(other) ?? Number.NaN);
      return {
        benchmark: "stacks",
        measured: stack,
        ...figures(median),
        ...(stack === yardstick ? {} : { mark: mark(`per resource ÷ that of ${yardstick}`, over(yardstick), 1.5) }),
        note: `${over(largest).toFixed(2)} times that of ${largest}`,
      };
    });
  },
};

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

export const policies: Benchmark = {
  name: "policies",
  description: "the policy pack's share of a preview of prod",
  async run({ scale, runs, directory, signal }) {
    const inventory = join(directory, "inventory");
    writeInventoryWithMoreSites(inventory, scale === "full" ? 10 : 1);
    const [without, checked] = await repeat(
      [
        { what: "alai", inventory, policies: false },
        { what: "alai", inventory, policies: true },
      ],
      { scale, runs, signal },
    );
    if (without === undefined || checked === undefined) return [];
    const share = (100 * (checked.policySeconds ?? 0)) / checked.seconds;
    return [
      { benchmark: "policies", measured: "without the pack", ...figures(without) },
      {
        benchmark: "policies",
        measured: "with the pack",
        ...figures(checked),
        note: `rules take ${share.toFixed(1)} % of the time`,
      },
    ];
  },
};
