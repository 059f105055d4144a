import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Inputs } from "@pulumi/pulumi";
import { refusal } from "../lib/refusal";
import type { Departures } from "./departures";
import type { StackSettings } from "./settings";
import type { StackConfiguration } from "./stack-configuration";

/** A stack as the commands know it: what it is for, and what must exist before it. Knows no component, so it loads at once. */
export interface StackDefinition {
  /** The Pulumi stack, as in `Pulumi.<name>.yaml`. */
  readonly name: string;
  /** The directory below `stacks/` that composes it. */
  readonly system: string;
  /** Which of the system's compositions it is: a module of its directory. */
  readonly composition: string;
  /** The stacks whose outputs it reads: deployed before it, destroyed after it. */
  readonly readsFrom: readonly string[];
  readonly description: string;
  /** Who deploys it: the workflows, after a review, or a person. Default: the workflows. */
  readonly deployedBy?: "workflows" | "a-person";
  /**
   * Whether it installs on machines, over SSH. One that is away fails alone: a failure leaves the rest done. Default: false, so that
   * the first failure stops what has not begun.
   */
  readonly installsOnMachines?: boolean;
}

/** What the module of a system, `stacks/<name>/index.ts`, is. */
export interface SystemProgram {
  /** What `Pulumi.<stack>.yaml` says beyond the settings of every stack, by composition. */
  readonly settings: Readonly<Record<string, StackSettings>>;
  /** Deploys one of its compositions and returns the outputs. */
  readonly deploy: (composition: string, configuration: StackConfiguration) => Inputs | Promise<Inputs>;
}

interface System {
  /** Loads the system's module, which brings its providers' packages: only for the stack that is deployed. */
  readonly load: () => SystemProgram;
  readonly stacks: readonly Omit<StackDefinition, "system">[];
  /** The composition of the preview environments of pull requests. Default: none. */
  readonly preview?: string;
  /** What the files of an inventory say leaves. Default: such a system's things leave by overriding the plan guards. */
  readonly departures?: (inventory: string) => Departures;
}

/** Every system and its stacks, by the system's directory below `stacks/`. A new system is such a directory and an entry here. */
const systems: Readonly<Record<string, System>> = {
  alai: {
    load: () => (require("./alai") as typeof import("./alai")).alai,
    preview: "preview",
    departures: (inventory) =>
      (require("./alai/retired-sites") as typeof import("./alai/retired-sites")).readDepartures(inventory),
    stacks: [
      {
        name: "bootstrap",
        composition: "bootstrap",
        readsFrom: [],
        description: "where state and its keys are kept, and who may deploy what",
        deployedBy: "a-person",
      },
      {
        name: "prod",
        composition: "prod",
        readsFrom: [],
        description: "zones, sites, repositories, the control plane, the backup account",
      },
      {
        name: "dev",
        composition: "dev",
        readsFrom: [],
        description: "the control plane and the sites once more, small and apart",
      },
      {
        name: "hosts",
        composition: "hosts",
        readsFrom: ["prod"],
        description: "the tailnet, the failover name, the heartbeat, and replication on the hosts",
        installsOnMachines: true,
      },
    ],
  },
};

/** The names of all systems. */
export const systemNames: readonly string[] = Object.keys(systems);

/** The stacks that stay, in the order in which they can be deployed. Preview environments come and go: see {@link findStack}. */
export const stackDefinitions: readonly StackDefinition[] = Object.entries(systems).flatMap(([system, { stacks }]) =>
  stacks.map((stack) => ({ ...stack, system })),
);

/** The names of the stacks that workflows deploy. */
export const workflowStacks: readonly string[] = stackDefinitions
  .filter(({ deployedBy }) => deployedBy !== "a-person")
  .map(({ name }) => name);

/** Names of preview environments: `pr-` and the number of the pull request. */
const previewName = /^pr-([1-9]\d{0,8})$/;

/**
 * The pull request that a stack is a preview environment of; undefined for any other stack.
 *
 * @example pullRequestOf("pr-12") // 12
 */
export function pullRequestOf(stack: string): number | undefined {
  const number = previewName.exec(stack)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** The stack of that name: one that stays, or the preview environment of a pull request. Undefined when there can be none. */
export function findStack(name: string): StackDefinition | undefined {
  const pullRequest = pullRequestOf(name);
  if (pullRequest === undefined) return stackDefinitions.find((stack) => stack.name === name);
  const found = Object.entries(systems).find(([, { preview }]) => preview !== undefined);
  if (found?.[1].preview === undefined) return undefined;
  const description = `the preview environment of pull request ${pullRequest}`;
  return { name, system: found[0], composition: found[1].preview, readsFrom: [], description };
}

/** @throws {RunError} when no such stack is defined, naming those that are */
export function stackDefinition(name: string): StackDefinition {
  const found = findStack(name);
  if (found !== undefined) return found;
  const known = stackDefinitions.map((stack) => stack.name).join(", ");
  throw refusal(`stack "${name}"`, [
    `it is not defined; the stacks are ${known}, and pr-NUMBER for a pull request (stacks/registry.ts)`,
  ]);
}

/** The program of the system that a stack belongs to. */
export function systemProgram({ name, system }: Pick<StackDefinition, "name" | "system">): SystemProgram {
  const found = systems[system];
  if (found !== undefined) return found.load();
  throw refusal(`stack "${name}"`, [`there is no system "${system}"; the systems are ${systemNames.join(", ")}`]);
}

/**
 * What a project's inventory says leaves a stack; nothing for a project that has no such stack.
 *
 * @param root the project's directory
 */
export function departuresOf(root: string, stack: string): Departures {
  const system = findStack(stack)?.system ?? "";
  const inventory = join(root, "stacks", system, "inventory");
  const read = systems[system]?.departures;
  return read === undefined || !existsSync(inventory) ? { said: [], ways: {} } : read(inventory);
}

/** Whether a stack installs on machines; false for one that is not defined. */
export function installsOnMachines(name: string): boolean {
  return findStack(name)?.installsOnMachines ?? false;
}
