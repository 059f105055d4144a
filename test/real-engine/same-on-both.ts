import { expect } from "vitest";
import type { Circumstances, ProjectOnBoth } from "./stack-on-both";

/** Milliseconds for a stack: the real engine takes half a minute to preview the largest one on two busy cores. */
export const timeout = 600_000;

/** What every run of the tests deploys on both, in the order in which they need one another. */
export const usualStacks: readonly string[] = ["bootstrap", "prod", "dev", "hosts", "kimberly-staging"];

export const up: readonly string[] = ["up", "--yes", "--skip-preview"];

export interface Expected extends Circumstances {
  /** Whether all lines are the same, and not only the exit code, the last line and the state. Default: no. */
  readonly shown?: boolean;
  /** In what the states differ, where that is decided. Default: in nothing. */
  readonly differences?: readonly unknown[];
}

/** Runs a command on both engines: exit code and what is left are the same, and what is shown, where that is asked. */
export async function same(
  project: ProjectOnBoth,
  stack: string,
  [command = "", ...options]: readonly string[],
  expected: Expected = {},
) {
  const { shown = false, differences = [], ...circumstances } = expected;
  const { pulumi, sandbox } = await project.run([command, "--stack", stack, ...options], circumstances);
  const all = (said: typeof pulumi) => (shown ? said : { exitCode: said.exitCode, summary: said.summary });
  expect(all(pulumi)).toEqual(all(sandbox));
  if (command !== "preview") expect(await project.stateDifferences(stack)).toEqual(differences);
  return { exitCode: pulumi.exitCode, summary: pulumi.summary.replace(/^.* stack \S+ · /, "") };
}

/** Deploys a stack on both engines, which say the same of it, and nothing is left to change. */
export async function deploysAlike(project: ProjectOnBoth, stack: string): Promise<void> {
  expect((await same(project, stack, up, { shown: true })).summary).toContain("created");
  expect(await same(project, stack, ["preview", "--expect-no-changes"])).toMatchObject({ exitCode: 0 });
}
