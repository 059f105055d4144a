import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { readYaml } from "../lib/located-yaml/read-yaml";
import { type RehearsedStack, rehearse } from "../sandbox/project/rehearsal";
import { stackDefinition, stackDefinitions } from "../stacks/registry";
import { comparedWith } from "./policies/stack-shapes";
import { copyProject } from "./project-copy";

let rehearsed: Promise<readonly RehearsedStack[]> | undefined;

/**
 * All of the project's stacks, deployed to one world in memory. That takes half a minute, so that it is done once in a process, for
 * whoever asks.
 *
 * @param root the project's directory
 * @throws when a stack cannot be deployed
 */
export function rehearsedStacks(root: string, signal: AbortSignal): Promise<readonly RehearsedStack[]> {
  rehearsed ??= rehearseAll(root, signal);
  return rehearsed;
}

async function rehearseAll(directory: string, signal: AbortSignal): Promise<readonly RehearsedStack[]> {
  const stacks = stackDefinitions.map(({ name }) => name);
  // What is recorded of a stack for others to be compared with depends on what its preview knows.
  const previewed = stacks.flatMap((stack) => comparedWith(join(directory, "policies"), stack) ?? []);
  const all = await rehearse({ directory, stacks, previewed, signal });
  refuseFailures(all);
  return all;
}

function refuseFailures(all: readonly RehearsedStack[]): void {
  const failed = all.filter(({ up }) => up.result !== "succeeded");
  if (failed.length === 0) return;
  throw new Error(failed.flatMap(({ stack, up }) => [`${stack} cannot be deployed:`, ...up.errors]).join("\n"));
}

/** A stack whose environment has another preset than the inventory says. */
export interface SizedStack {
  readonly stack: string;
  /** A preset of the system's `environments.yaml`. */
  readonly size: string;
}

/**
 * Stacks as they would be with other presets, each deployed to a world of its own in memory. Only a copy of the project is edited.
 *
 * @param root the project's directory
 * @returns in the order of `sized`
 * @throws when one cannot be deployed
 */
export async function rehearseSizes(
  root: string,
  sized: readonly SizedStack[],
  signal: AbortSignal,
): Promise<readonly RehearsedStack[]> {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), "sizes-")));
  const all: RehearsedStack[] = [];
  try {
    copyProject(root, copy);
    for (const { stack, size } of sized) {
      writeSize(copy, stack, size);
      const stacks = [...stackDefinition(stack).readsFrom, stack];
      const made = await rehearse({ directory: copy, stacks, signal });
      refuseFailures(made);
      all.push(...made.slice(-1));
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  return all;
}

const environmentsSchema = z.looseObject({
  environments: z.record(z.string(), z.looseObject({ size: z.string().optional() })),
});

/** Which preset the environment of a stack has. @throws when the inventory of its system has no such environment */
export function readSize(project: string, stack: string): string | undefined {
  return readEnvironment(project, stack).environment.size;
}

/** Says in the inventory of a project which preset the environment of a stack has. */
export function writeSize(project: string, stack: string, size: string): void {
  const { file, content, environment } = readEnvironment(project, stack);
  environment.size = size;
  writeFileSync(file, stringify(content));
}

function readEnvironment(project: string, stack: string) {
  const { system, environment: name } = stackDefinition(stack);
  const file = join(project, "stacks", system, "inventory", "environments.yaml");
  const content = readYaml({ file, schema: environmentsSchema, of: `the environments of ${system}` });
  const environment = content.environments[name];
  if (environment === undefined) throw new Error(`${file} has no environment ${name}`);
  return { file, content, environment };
}
