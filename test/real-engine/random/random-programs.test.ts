import fc from "fast-check";
import { expect, it } from "vitest";
import { missingPrograms } from "../../real-programs";
import { differences, type RandomStep } from "./both-engines";
import type { InputValue, RandomResource, ResourceOptions } from "./random-program";
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

/** A resource of a fixed program. */
function of(
  kind: RandomResource["kind"],
  name: string,
  inputs: Readonly<Record<string, InputValue>> = {},
  options: ResourceOptions = {},
): RandomResource {
  return { kind, name, inputs, options };
}

/** A program that is deployed, then another, or a preview of it. */
function first(...before: readonly RandomResource[]) {
  const step = (kind: RandomStep["kind"], resources: readonly RandomResource[]): RandomStep => ({
    kind,
    program: { resources, exports: {} },
    continueOnError: true,
  });
  const second =
    (kind: RandomStep["kind"]) =>
    (...after: readonly RandomResource[]) => [step("up", before), step(kind, after)];
  return { followed: second("up"), previewed: second("preview") };
}

const computed = { of: "a", output: "computed" } as const;
const id = { of: "a", output: "id" } as const;
const room = { deleteBeforeReplace: true };

/** What random programs found, as small as it gets. */
const onceDifferent: Readonly<Record<string, readonly RandomStep[]>> = {
  "a read that needs something unknown": first(of("thing", "a", { text: "a" }), of("read", "b")).previewed(
    of("thing", "a", { text: "b" }),
    of("read", "b", { text: computed }),
  ),
  "a component that is replaced": first(
    of("thing", "a", { fixed: "a" }),
    of("group", "b", {}, { deletedWith: "a" }),
  ).followed(of("thing", "a", { fixed: "b" }), of("group", "b", {}, { deletedWith: "a" })),
  "a new name for what was deleted first": first(
    of("thing", "a", { fixed: "a" }, room),
    of("thing", "b", { fixed: id }),
  ).followed(of("thing", "a", { fixed: "b" }, room), of("thing", "c", { fixed: id }, { aliases: ["b"] })),
  "an import with an output that is a secret": first(
    of("thing", "a", {}, { import: "imported", additionalSecretOutputs: ["computed"] }),
  ).followed(),
  "a provider's secret that is none any more": first(of("provider", "a", { fixed: { secret: "a" } })).followed(
    of("provider", "a", { fixed: "a" }),
  ),
  "a provider below a provider": first(of("provider", "a")).followed(
    of("provider", "a"),
    of("provider", "b", {}, { parent: "a" }),
    of("thing", "c", {}, { provider: "b" }),
  ),
  "an output that becomes a secret": first(of("thing", "a")).followed(
    of("thing", "a", {}, { additionalSecretOutputs: ["computed"] }),
  ),
  "an import with a trigger": first(of("thing", "a", {}, { import: "imported", replacementTrigger: "b" })).followed(
    of("thing", "a", {}, { import: "imported", replacementTrigger: "c" }),
  ),
  "an import that could only be replaced": first(
    of("thing", "a", {}, { import: "imported", replaceOnChanges: ["*"] }),
    of("thing", "b"),
  ).followed(),
  "a preview of an import that could only be replaced": first().previewed(
    of("thing", "a", { text: "b" }, { import: "imported", replaceOnChanges: ["text"] }),
  ),
  "an answer to a question about something that fails": first(
    of("thing", "a"),
    of("thing", "b", { list: { lookup: id } }),
  ).followed(of("thing", "a", { fail: "update" }), of("thing", "b", { list: { lookup: id } })),
  "something protected that would be replaced with another": first(
    of("thing", "a", {}, room),
    of("thing", "b", {}, { protect: true, deletedWith: "a" }),
  ).followed(of("thing", "a", { fixed: "b" }, room), of("thing", "b", {}, { protect: true, deletedWith: "a" })),
  "what newly needs something that fails": first(of("thing", "a", { text: "a" }), of("thing", "b")).followed(
    of("thing", "a", { text: "b", fail: "update" }),
    of("thing", "b", {}, { dependsOn: ["a"] }),
  ),
  "inputs to be ignored of what needs something that fails": first(of("thing", "a"), of("thing", "b")).followed(
    of("thing", "a", { text: "b", fail: "update" }),
    of("thing", "b", {}, { dependsOn: ["a"], ignoreChanges: ["list[*]"] }),
  ),
  "what has a new name and needs something that fails": first(of("thing", "a"), of("thing", "b")).followed(
    of("thing", "a", { text: "b", fail: "update" }),
    of("thing", "c", {}, { dependsOn: ["a"], aliases: ["b"] }),
  ),
  "what is read and newly needs something that fails": first(of("thing", "a"), of("read", "b")).followed(
    of("thing", "a", { text: "b", fail: "update" }),
    of("read", "b", {}, { dependsOn: ["a"] }),
  ),
  "ignored inputs that do not exist": first(of("thing", "a", { list: ["a"] })).followed(
    of("thing", "a", { list: ["a", "b"] }, { ignoreChanges: ["list[*]"] }),
  ),
};

it.skipIf(needs !== "").each(Object.entries(onceDifferent))(
  `the real engine and the sandbox do the same with %s${needs}`,
  { timeout: 3 * each },
  async (_what, steps) => {
    expect(await differences(steps)).toEqual([]);
  },
);
