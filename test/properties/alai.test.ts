import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { WorldObject } from "../../sandbox/world/world";
import { type Variation, variation } from "./alai-inventories";
import { AlaiLife, type Death, type Lived, type StackName } from "./alai-life";
import { identity, worldText } from "./world-text";

/** Each run deploys whole stacks several times; `PROPERTY_RUNS=50 npx vitest run test/properties` looks harder. */
const runs = { numRuns: Number(process.env.PROPERTY_RUNS ?? 2), endOnFailure: true };
/** Left in place by the program, or by its service: an archived repository keeps its name. */
const isRetained = (resource: { retainOnDelete: boolean; type: string }) =>
  resource.retainOnDelete || resource.type === "github:index/repository:Repository";
/** A file that was there before is overwritten and from then on the program's. */
const isTakenOver = (object: WorldObject) => object.kind === "github:index/repositoryFile:RepositoryFile";

const stack = fc.constantFrom<StackName[]>("dev", "prod");
const kill = fc.option(
  fc.record({ nth: fc.integer({ min: 1, max: 60 }), when: fc.constantFrom<Death["when"][]>("before", "after") }),
);

async function during<T>(name: StackName, lasting: boolean, body: (life: AlaiLife) => Promise<T>): Promise<T> {
  const life = await AlaiLife.begin(name, lasting);
  try {
    return await body(life);
  } finally {
    life.end();
  }
}

async function succeeds(operation: Promise<Lived>): Promise<void> {
  const { result, messages } = await operation;
  expect({ result, messages: result === "succeeded" ? [] : messages }).toEqual({ result: "succeeded", messages: [] });
}

/** Which of these resources are in the world no more. Those that only a state knows, such as random values, never were. */
async function gone(life: AlaiLife, resources: Awaited<ReturnType<AlaiLife["resources"]>>): Promise<string[]> {
  const ids = new Set((await life.objects()).map(({ id }) => id));
  return resources.filter(({ type, id }) => !type.startsWith("random:") && !ids.has(id)).map(({ urn }) => urn);
}

/** What deploying this inventory alone makes of the seeded world. */
const madeFromScratch = (name: StackName, change: Variation) =>
  during(name, false, async (life) => {
    await succeeds(life.up(change));
    return worldText(await life.objects(), life.seed);
  });

// Several whole deployments a run, some in processes of their own.
vi.setConfig({ testTimeout: 300_000 });

describe("any valid inventory", () => {
  it("deploys, deploys again unchanged, and once unprotected destroys to the seeded world and what is retained", async () => {
    const property = fc.asyncProperty(stack, variation, (name, change) =>
      during(name, true, async (life) => {
        await succeeds(life.up(change));
        expect(Object.keys((await life.up(change)).changes)).toEqual(["same"]);

        const guarded = (await life.resources()).filter((resource) => resource.protect);
        expect(await life.destroy()).toMatchObject({ result: "failed" });
        expect(await gone(life, guarded)).toEqual([]);

        const retained = new Set((await life.resources()).filter(isRetained).map(({ urn }) => urn));
        await life.unprotect();
        await succeeds(life.destroy());
        const rest = await life.objects();
        const ours = rest.filter((object) => object.madeFor !== undefined && !retained.has(object.madeFor));
        const left = new Set(rest.map(identity));
        const missing = life.seed.filter((object) => !isTakenOver(object) && !left.has(identity(object))).map(identity);
        expect({ ours: ours.map(identity), missing }).toEqual({ ours: [], missing: [] });
      }),
    );
    await fc.assert(property, runs);
  });
});

describe("any sequence of edits", () => {
  it("ends in the world that the last one makes from scratch, also when it was killed on the way", async () => {
    const edits = fc.array(fc.record({ change: variation, kill }), { minLength: 2, maxLength: 3 });
    const property = fc.asyncProperty(stack, edits, (name, steps) =>
      during(name, false, async (life) => {
        for (const { change, kill } of steps) {
          if (kill) await life.upKilled(change, kill);
          await succeeds(life.up(change));
        }
        const last = steps.at(-1);
        if (last === undefined) throw new Error("no edits");
        expect(worldText(await life.objects(), life.seed)).toEqual(await madeFromScratch(name, last.change));
      }),
    );
    await fc.assert(property, runs);
  });

  it("loses nothing that is protected: an edit is applied, or refused for that reason", async () => {
    const property = fc.asyncProperty(stack, fc.array(variation, { minLength: 2, maxLength: 3 }), (name, changes) =>
      during(name, true, async (life) => {
        for (const change of changes) {
          const before = (await life.resources()).filter((resource) => resource.protect);
          const { result, messages } = await life.up(change);
          if (result !== "succeeded") expect(messages.join("\n")).toMatch(/protect|ScopeLocked/);
          expect(await gone(life, before)).toEqual([]);
        }
      }),
    );
    await fc.assert(property, runs);
  });
});

describe("a destroyed environment", () => {
  it("is deployed again under another generation, since its vault keeps its name", async () => {
    await during("dev", false, async (life) => {
      const [change] = fc.sample(variation, 1);
      if (change === undefined) throw new Error("no inventory");
      await succeeds(life.up(change));
      await succeeds(life.destroy());
      expect((await life.up(change)).messages.join("\n")).toContain("ConflictError");
      await succeeds(life.destroy());
      life.set("generation", "2");
      await succeeds(life.up(change));
    });
  });
});
