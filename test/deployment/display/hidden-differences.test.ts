import type { StepEventMetadata } from "@pulumi/pulumi/automation";
import { expect, it } from "vitest";
import { changedKeys, resourcePropertyLines } from "../../../deployment/display/resource-properties";
import { plainPaint } from "../../../deployment/display/terminal";

function updated(hideDiffs: readonly string[]): StepEventMetadata {
  const state = (value: string) => ({
    type: "random:index/randomPet:RandomPet",
    urn: "urn:pulumi:dev::test::random:index/randomPet:RandomPet::pet",
    id: "pet",
    parent: "",
    provider: "",
    inputs: { prefix: value, keepers: { name: value, note: value } },
    outputs: {},
    hideDiffs,
  });
  const old = state("before");
  return { ...old, op: "update", diffs: ["prefix", "keepers"], logical: true, old, new: state("after") };
}

it.each([
  [["prefix"], "[diff: ~keepers]", ["keepers: {", "name", "note", "prefix (hidden)"]],
  [["keepers.note"], "[diff: ~keepers,~prefix]", ["keepers: {", "name", "prefix", "keepers.note (hidden)"]],
  [["*"], "", ["* (hidden)"]],
  [["length"], "[diff: ~keepers,~prefix]", ["keepers: {", "name", "note", "prefix"]],
])("what %j hides is named, not shown", (hideDiffs, keys, shown) => {
  const lines = resourcePropertyLines(updated(hideDiffs), false, plainPaint);
  expect(changedKeys(updated(hideDiffs), false)).toBe(keys);
  expect(
    lines
      .filter((line) => line.trim() !== "}")
      .map((line) =>
        line
          .replace(/^[ ~]*/, "")
          .replace(/: "before".*/, "")
          .trim(),
      ),
  ).toEqual(shown);
});
