import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { azureRegion, azureRegions } from "../../lib/azure-regions";

describe("Azure's regions", () => {
  it("are found in short and in long form, and nothing else is", () => {
    expect(azureRegion("swedencentral")).toBe("swedencentral");
    expect(azureRegion("Sweden Central")).toBe("swedencentral");
    expect(azureRegion("swedncentral")).toBeUndefined();
    expect(azureRegion("global")).toBeUndefined();
    expect(azureRegion("")).toBeUndefined();
  });

  it("are each listed once, in short form", () => {
    expect(new Set(azureRegions).size).toBe(azureRegions.length);
    expect(azureRegions.filter((region) => !/^[a-z]+\d?$/.test(region))).toEqual([]);
  });

  it("hold the region of every stack", () => {
    const root = join(__dirname, "..", "..");
    const files = readdirSync(root).filter((name) => /^Pulumi\..*yaml$/.test(name));
    const named = files.flatMap((name) =>
      [...readFileSync(join(root, name), "utf8").matchAll(/azure-native:location: (\S+)/g)].map(([, region]) => region),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((region) => azureRegion(region ?? "") === undefined)).toEqual([]);
  });
});
