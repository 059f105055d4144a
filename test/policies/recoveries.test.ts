import { runtime } from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { stackTransformation } from "../../components/context/stack-transformation";
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
  runtime.registerStackTransformation(stackTransformation(configuration.context));
  return prod(configuration, loadAlaiInventory());
}

/** One operation on prod, checked by this project's pack. */
async function run(
  world: AlaiWorld,
  kind: "preview" | "up",
  faults: FaultSchedule,
  continueOnError: boolean,
): Promise<StackRun> {
  const conditions = { program, policies: [await loadPolicyPack("policies")], faults, continueOnError };
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
  const { events } = await run(world, "up", firstCreations([]), false);
  const made = events.flatMap(({ resourcePreEvent }) =>
    resourcePreEvent?.metadata.op === "create" ? [resourcePreEvent.metadata.type] : [],
  );
  const types = [...new Set(made)].filter((type) => !/^(?:pulumi|landscape):/.test(type));
  return { types: types.sort(), urns: (await world.resources("prod")).map(({ urn }) => urn).sort() };
}

/**
 * The types that fail together, in each of two ways. An `up` that stops at its first failure takes two operations a type, so only
 * some of the types are tried so; `RECOVERY_SHARES=12 npx vitest run test/policies/recoveries.test.ts` tries all of them.
 */
const attempts = [
  ...Array.from({ length: 3 }, (_, share) => ["goes on after a failure", share, 3] as const),
  ...Array.from(
    { length: Number(process.env.RECOVERY_SHARES ?? 1) },
    (_, share) => ["stops at it", share, 12] as const,
  ),
];

describe("prod, whose creations fail, the first of each type", () => {
  let whole: Awaited<ReturnType<typeof undisturbed>>;
  beforeAll(async () => {
    whole = await undisturbed();
  }, 60_000);

  it("is tried with every type that it makes", () => {
    console.log(`${whole.types.length} recoveries: one for each type that prod makes`);
    expect(whole.types.length).toBeGreaterThan(40);
  });

  it.each(attempts)(
    "is completed by the next up, which no rule refuses, where an up %s: share %i of %i of the types",
    async (after, share, shares) => {
      const continueOnError = after === "goes on after a failure";
      const types = whole.types.filter((_, index) => index % shares === share);
      const faults = firstCreations(types);
      const world = new AlaiWorld();
      const failed = new Set<string>();
      for (let ups = 1; ; ups++) {
        const applied = await run(world, "up", faults, continueOnError);
        expect(refusals(applied)).toEqual([]);
        const told = applied.messages.join();
        for (const type of types) if (told.includes(`before the create of ${type}`)) failed.add(type);
        if (applied.result === "succeeded") break;
        expect(ups, told).toBeLessThanOrEqual(types.length);
        const planned = await run(world, "preview", faults, continueOnError);
        expect({ failed, result: planned.result, refusals: refusals(planned) }).toEqual({
          failed,
          result: "succeeded",
          refusals: [],
        });
      }
      expect([...failed].sort()).toEqual(types);
      expect((await world.resources("prod")).map(({ urn }) => urn).sort()).toEqual(whole.urns);
    },
    180_000,
  );
});
