import { join } from "node:path";
import { type Benchmark, figures } from "../benchmark";
import { writeInventoryWithMoreSites } from "../more-sites";
import { repeat } from "../repeat";

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
