import { runtime } from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { tagTransformation } from "../../components/tags/tag-transformation";
import { loadPolicyPack } from "../../deployment/policies/load-policy-pack";
import { FaultSchedule, faultPlanSchema } from "../../sandbox/faults/faulty-provider";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { prod } from "../../stacks/alai/prod";
import { alaiSettings } from "../../stacks/alai/settings";
import { stackDefinition } from "../../stacks/registry";
import { readStackConfiguration } from "../../stacks/stack-configuration";
import { AlaiWorld, repositoryRoot, type StackRun } from "../stacks/alai-world";

const definition = stackDefinition("prod");

/** As stacks/alai/index.ts deploys it. */
function program() {
  const configuration = readStackConfiguration(definition, alaiSettings.prod);
  runtime.registerStackTransformation(tagTransformation(configuration.context));
  return prod(configuration, loadAlaiInventory());
}

/** One operation on prod, checked by this project's pack. */
async function run(world: AlaiWorld, kind: "preview" | "up", faults: FaultSchedule): Promise<StackRun> {
  const conditions = { program, policies: [await loadPolicyPack("policies")], faults };
  return world.run(kind, "prod", false, repositoryRoot, conditions);
}

/** The first creation of each type fails, whenever it comes. */
function firstCreations(types: readonly string[]): FaultSchedule {
  const faults = types.map((type) => ({ effect: "fail", operation: "create", type }));
  return new FaultSchedule(faultPlanSchema.parse({ faults }));
}

const refusals = ({ events }: StackRun) =>
  events.flatMap(({ policyEvent }) => (policyEvent?.enforcementLevel === "mandatory" ? [policyEvent.message] : []));

/** Everything of prod, and the types of what it makes. */
async function undisturbed() {
  const world = new AlaiWorld();
  const { events } = await run(world, "up", firstCreations([]));
  const made = events.flatMap(({ resourcePreEvent }) =>
    resourcePreEvent?.metadata.op === "create" ? [resourcePreEvent.metadata.type] : [],
  );
  const types = [...new Set(made)].filter((type) => !/^(?:pulumi|landscape):/.test(type));
  return { types: types.sort(), urns: (await world.resources("prod")).map(({ urn }) => urn).sort() };
}

/** Each test takes some of the types, so that none takes long. */
const shares = 24;

describe("prod, whose creations fail, the first of each type", () => {
  let whole: Awaited<ReturnType<typeof undisturbed>>;
  beforeAll(async () => {
    whole = await undisturbed();
  }, 60_000);

  it("is tried with every type that it makes", () => {
    console.log(`${whole.types.length} recoveries: one for each type that prod makes`);
    expect(whole.types.length).toBeGreaterThan(40);
  });

  it.each(Array.from({ length: shares }, (_, share) => share))(
    "is completed by the next up, which no rule refuses: share %i of the types",
    async (share) => {
      const types = whole.types.filter((_, index) => index % shares === share);
      const faults = firstCreations(types);
      const world = new AlaiWorld();
      const failed = new Set<string>();
      for (let ups = 1; ; ups++) {
        const applied = await run(world, "up", faults);
        expect(refusals(applied)).toEqual([]);
        const told = applied.messages.join();
        for (const type of types) if (told.includes(`before the create of ${type}`)) failed.add(type);
        if (applied.result === "succeeded") break;
        expect(ups, told).toBeLessThanOrEqual(types.length);
        const planned = await run(world, "preview", faults);
        expect({ failed, result: planned.result, refusals: refusals(planned) }).toEqual({
          failed,
          result: "succeeded",
          refusals: [],
        });
      }
      expect([...failed].sort()).toEqual(types);
      expect((await world.resources("prod")).map(({ urn }) => urn).sort()).toEqual(whole.urns);
    },
  );
});
