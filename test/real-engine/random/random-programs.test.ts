import fc from "fast-check";
import { expect, it } from "vitest";
import { missingPrograms } from "../../real-programs";
import { differences } from "./both-engines";
import { randomSteps } from "./random-steps";

const needs = missingPrograms("pulumi");

/** `RANDOM_PROGRAMS=1000 RANDOM_SEED=7 npm test -- test/real-engine/random` runs more, and others. */
const { RANDOM_PROGRAMS: count = "25", RANDOM_SEED: seed = "1" } = process.env;

/** Milliseconds for a program on a busy machine: two to four runs on each engine. */
const each = 20_000;

it.skipIf(needs !== "")(
  `the real engine and the sandbox do the same with ${count} random programs${needs}`,
  { timeout: Number(count) * each },
  async () => {
    const isSame = fc.asyncProperty(randomSteps, async (steps) => {
      expect(await differences(steps)).toEqual([]);
    });
    await fc.assert(isSame, { numRuns: Number(count), seed: Number(seed) });
  },
);
