import { beforeAll, describe, expect, it } from "vitest";
import { stackDefinitions } from "../../../stacks/registry";
import { AlaiWorld } from "../../stacks/alai-world";
import { alaiDrift } from "./alai-drift";

const stacks = stackDefinitions.map(({ name }) => name);
/** How often each stack is compared. `DRIFT_CLEAN_RUNS=100` takes minutes. */
const runs = Number(process.env.DRIFT_CLEAN_RUNS ?? "1");

describe("drift that nobody caused", () => {
  let alai: AlaiWorld;

  beforeAll(async () => {
    alai = await AlaiWorld.deployed();
  }, 120_000);

  it.each(stacks)(
    `is not found in %s, in ${runs} runs`,
    async (stack) => {
      for (let run = 0; run < runs; run += 1) {
        const { findings } = await alaiDrift(alai, stack);
        expect(findings).toEqual([]);
      }
    },
    20_000 * runs,
  );
});
