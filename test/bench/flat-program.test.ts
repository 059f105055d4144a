import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { measureInFreshProcess } from "../../bench/fresh-process";
import { writeInventoryWithMoreSites } from "../../bench/more-sites";
import { loadAlaiInventory } from "../../stacks/alai/inventory";

const directory = mkdtempSync(join(tmpdir(), "bench-test-"));
afterAll(() => rmSync(directory, { recursive: true }));

it("an inventory with more sites is valid and has as many as it says", () => {
  const count = writeInventoryWithMoreSites(join(directory, "more"), 3);
  expect(loadAlaiInventory(join(directory, "more")).sites.sites).toHaveLength(count);
});

it("the flat program registers the component program's resources, and no component", async () => {
  const inventory = join(directory, "inventory");
  const recording = join(directory, "recording.json");
  const again = join(directory, "again.json");
  writeInventoryWithMoreSites(inventory, 1);
  await measureInFreshProcess({ what: "record", inventory, recording });
  await measureInFreshProcess({ what: "flat", recording, policies: true, again });
  const composed = resourcesIn(recording);
  expect(composed.length).toBeGreaterThan(100);
  expect(resourcesIn(again)).toEqual(composed);
});

/** Type, properties and number of dependencies of each resource; names and URNs differ. */
function resourcesIn(file: string): string[] {
  const registrations = JSON.parse(readFileSync(file, "utf8"));
  return registrations
    .filter(({ goal }: { goal: { custom: boolean; type: string } }) => goal.custom)
    .map(
      ({
        goal,
        properties,
      }: {
        goal: { type: string; protect: boolean; dependencies: string[] };
        properties: object;
      }) => JSON.stringify([goal.type, goal.protect ?? false, goal.dependencies.length, properties]),
    )
    .sort();
}
