import { afterAll, beforeAll, describe, it } from "vitest";
import { stackDefinitions } from "../../stacks/registry";
import { missingPrograms } from "../real-programs";
import { deploysAlike, timeout, usualStacks } from "./same-on-both";
import { ProjectOnBoth } from "./stack-on-both";

const asked = process.env.REAL_STACKS === "all";
const needs = missingPrograms("pulumi") || (asked ? "" : " (REAL_STACKS=all)");
const others = stackDefinitions.map(({ name }) => name).filter((name) => !usualStacks.includes(name));

describe.skipIf(needs !== "")(`the real engine and the sandbox, with the other stacks${needs}`, () => {
  let project: ProjectOnBoth;
  beforeAll(() => {
    project = ProjectOnBoth.ofStacks(others);
  }, timeout);
  afterAll(() => project.remove());

  it.each(others)("do the same with %s", { timeout }, (stack) => deploysAlike(project, stack));
});
