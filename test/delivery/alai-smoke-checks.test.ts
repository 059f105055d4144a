import { describe, expect, it } from "vitest";
import { smokeChecks } from "../../operations/delivery/smoke-checks";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { siteSmokeChecks } from "../../stacks/alai/smoke-checks";

describe("the smoke checks of prod", () => {
  it("are what up --smoke reads, one for each site that Pages serves", () => {
    const inventory = loadAlaiInventory();
    const checks = smokeChecks({ smokeChecks: siteSmokeChecks(inventory) });
    expect(checks.map(({ url }) => url)).toEqual([
      "https://alai.no/",
      "https://basicconsulting.no/",
      "https://bilko.io/",
    ]);
  });
});
