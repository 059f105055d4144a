import { describe, expect, it } from "vitest";
import { closestName, didYouMean } from "../../lib/closest-name";

describe("the closest name", () => {
  it.each([
    ["enviroment", ["environment", "name"], "environment"],
    ["nmae", ["environment", "name"], "name"],
    ["zone", ["environment", "name"], undefined],
    ["Tier", ["tier"], "tier"],
    ["tier", ["tier"], undefined],
    ["locaton", ["location", "tenant"], "location"],
    ["P3", ["P0", "P1", "P2"], "P2"],
    ["dv", ["prod", "preview"], undefined],
    ["replicas1", ["replica2", "replicas2"], "replicas2"],
  ])("to %s among %j is %s", (name, known, expected) => {
    expect(closestName(name, known)).toBe(expected);
  });

  it("ends a message, or adds nothing", () => {
    expect(didYouMean("noet", ["note"])).toBe('; did you mean "note"?');
    expect(didYouMean("zone", ["note"])).toBe("");
  });
});
