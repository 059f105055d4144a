import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { happen, orders, settle } from "./pair-orders";
import { disagreements, wrongs } from "./pair-rules";
import { PairWorld } from "./pair-world";

/** Other orders at each run. A failure prints its seed and path: `PROPERTY_SEED=-5 PROPERTY_PATH=17:3 npx vitest run …` repeats it. */
const { PROPERTY_RUNS: runs = "400", PROPERTY_SEED: seed, PROPERTY_PATH: path } = process.env;
const search = {
  numRuns: Number(runs),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
  ...(path === undefined ? {} : { path }),
};

describe("two hosts, whatever happens to them", () => {
  it("never write to one path, never go back a term, never lose a row, and agree in the end", () => {
    fc.assert(
      fc.property(orders, (happenings) => {
        const world = new PairWorld();
        const wrong = happenings.find((next) => {
          happen(world, next);
          return wrongs(world).length > 0;
        });
        expect(wrong === undefined ? [] : [wrong, ...wrongs(world)]).toEqual([]);
        settle(world);
        expect([...wrongs(world), ...disagreements(world)]).toEqual([]);
      }),
      search,
    );
  }, 600_000);
});
