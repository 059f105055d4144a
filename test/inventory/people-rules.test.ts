import { expect, it } from "vitest";
import { afterEdits } from "./inventory-edit";

const people = (...entries: string[]) =>
  afterEdits(["pipelines.yaml", /$/, `\npeople:\n${entries.map((entry) => `  - { ${entry} }\n`).join("")}`]);

it("people have rights in stacks that there are, and something to do there", () => {
  expect(people("group: operators, stacks: [dev, prod], may: [read, state], onRequest: [operate, change]")).toEqual([]);
  expect(people("group: operators, stacks: [dev, prodd], may: [read]")).toEqual([
    'pipelines.yaml people[0].stacks[1]: no stack "prodd" is in stacks/systems.yaml; did you mean "prod"?',
  ]);
  expect(people("group: operators, stacks: [dev]")).toEqual([
    "pipelines.yaml people[0]: operators would get nothing; say what under may or onRequest",
  ]);
});

it("people hold nothing at any time that changes what a reviewer lets in, and change everything on request only", () => {
  expect(people("group: operators, stacks: [dev, prod], may: [read, operate, secrets]")).toEqual([
    'pipelines.yaml people[0].may[1]: a reviewer lets changes of prod in; put "operate" under onRequest, for some hours at a time',
    'pipelines.yaml people[0].may[2]: a reviewer lets changes of prod in; put "secrets" under onRequest, for some hours at a time',
  ]);
  expect(people("group: operators, stacks: [dev], may: [change]").join()).toContain(
    "pipelines.yaml people[0].may[0]: expected read, state, operate or secrets",
  );
});

it("people get a right once", () => {
  expect(people("group: o, stacks: [dev], may: [read]", "group: o, stacks: [dev], onRequest: [read]")).toEqual([
    'pipelines.yaml people[1].onRequest[0]: two people\'s rights have "read in dev for o"; the other is people[0].may[0]',
  ]);
});
