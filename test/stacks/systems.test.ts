import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { overlaps, parseAlignedBlock } from "../../lib/ipv4";
import { networksAreInTheirBlock } from "../../stacks/inventory/rules/network-rules";
import { addressBlockOf, stackDefinitions, systemNames } from "../../stacks/registry";

describe("systems", () => {
  it("have blocks of addresses that do not overlap", () => {
    const blocks = systemNames.map((system) => ({ system, range: parseAlignedBlock(addressBlockOf(system)) }));
    for (const [index, { system, range }] of blocks.entries()) {
      for (const other of blocks.slice(0, index)) {
        if (range === undefined || other.range === undefined) throw new Error(`${system} has no block`);
        expect([system, other.system, overlaps(range, other.range)]).toEqual([system, other.system, false]);
      }
    }
    expect(blocks.length).toBeGreaterThan(3);
  });

  it("have networks in their blocks: another is refused at its line", () => {
    const plan = (addressSpace: string) => ({ network: { networks: { prod: { addressSpace, subnets } } } });
    const subnets = { apps: "10.65.0.0/23", privateEndpoints: "10.65.3.0/26" };
    const rule = networksAreInTheirBlock("10.64.0.0/12");
    expect(rule(plan("10.65.0.0/16"))).toEqual([]);
    expect(rule(plan("10.80.0.0/16"))).toEqual([
      {
        file: "network.yaml",
        path: ["networks", "prod", "addressSpace"],
        message: "10.80.0.0/16 is not in 10.64.0.0/12, the system's block in stacks/registry.ts",
      },
    ]);
  });

  it("have compositions of at most 150 lines", () => {
    const long = stackDefinitions
      .map(({ system, composition }) => `stacks/${system}/${composition}.ts`)
      .map((file) => ({ file, lines: readFileSync(join(__dirname, "../..", file), "utf8").split("\n").length }))
      .filter(({ lines }) => lines > 150);
    expect(long.filter(({ file }) => !file.startsWith("stacks/alai/"))).toEqual([]);
  });
});
