import type { Inputs } from "@pulumi/pulumi";
import { refusal } from "../lib/refusal";
import type { StackSettings } from "./settings";
import type { StackConfiguration } from "./stack-configuration";
import type { SystemHosts } from "./system-hosts";
import type { SystemSites } from "./system-sites";

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
  /** The stack whose services run a digest well before it is released to this one. Default: none does. */
  readonly promotesFrom?: string;
  /** Files of every system's inventory that it reads beside its own system's. Default: none. */
  readonly readsInventories?: readonly string[];
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
  /** The private addresses that its networks may have, as an IPv4 block. No two systems' overlap: stacks may read one another. */
  readonly addressBlock: string;
  /**
   * The preview environments of pull requests: their composition, and how their names begin, before the pull request's number. No two
   * systems have the same beginning. Default: there are none.
   */
  readonly previews?: { readonly composition: string; readonly prefix: string };
  /** Its machines that no cloud runs. Default: it has none. */
  readonly hosts?: () => SystemHosts;
  /** Its sites, as the inventory in a project's directory says. Default: it has none. */
  readonly sites?: (project: string) => SystemSites;
  /**
   * Ids and names of what its inventory knows and its stacks may find in their places without having deployed it. Default: none, so
   * that drift reports whatever no state has.
   */
  readonly expectedObjects?: () => readonly string[];
}

const alaiOperations = () => require("./alai/alai-hosts") as typeof import("./alai/alai-hosts");
const alaiInventory = () => (require("./alai/inventory") as typeof import("./alai/inventory")).loadAlaiInventory();

/** Every system and its stacks, by the system's directory below `stacks/`. A new system is such a directory and an entry here. */
const systems: Readonly<Record<string, System>> = {
  alai: {
    load: () => (require("./alai") as typeof import("./alai")).alai,
    addressBlock: "10.0.0.0/10",
    previews: { composition: "preview", prefix: "pr-" },
    hosts: () => alaiOperations().alaiHosts(alaiInventory()),
    sites: (project) => alaiOperations().alaiSites(project),
    expectedObjects: () => alaiOperations().expectedObjects(alaiInventory()),
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
        promotesFrom: "dev",
        // For the workflows of applications.
        readsInventories: ["services.yaml"],
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
  betterworld: {
    load: () => (require("./betterworld") as typeof import("./betterworld")).betterworld,
    addressBlock: "10.96.0.0/12",
    previews: { composition: "preview", prefix: "betterworld-pr-" },
    stacks: [
      {
        name: "betterworld-staging",
        composition: "staging",
        readsFrom: [],
        description: "BetterWorld: what production will be, smaller and apart",
      },
      {
        name: "betterworld-prod",
        composition: "prod",
        readsFrom: [],
        description: "BetterWorld: services, databases, the zone",
        promotesFrom: "betterworld-staging",
      },
    ],
  },
  kimberly: {
    load: () => (require("./kimberly") as typeof import("./kimberly")).kimberly,
    addressBlock: "10.80.0.0/12",
    previews: { composition: "preview", prefix: "kimberly-pr-" },
    stacks: [
      {
        name: "kimberly-staging",
        composition: "staging",
        readsFrom: [],
        description: "Kimberly: what production will be, smaller and apart",
      },
      {
        name: "kimberly-prod",
        composition: "prod",
        readsFrom: [],
        description: "Kimberly: services, databases, the zone",
        promotesFrom: "kimberly-staging",
      },
    ],
  },
  latticeforge: {
    load: () => (require("./latticeforge") as typeof import("./latticeforge")).latticeforge,
    addressBlock: "10.64.0.0/12",
    previews: { composition: "preview", prefix: "latticeforge-pr-" },
    stacks: [
      {
        name: "latticeforge-staging",
        composition: "staging",
        readsFrom: [],
        description: "LatticeForge: what production will be, smaller and apart",
      },
      {
        name: "latticeforge-prod",
        composition: "prod",
        readsFrom: [],
        description: "LatticeForge: services, databases, the zone",
        promotesFrom: "latticeforge-staging",
      },
      {
        name: "latticeforge-dr",
        composition: "dr",
        readsFrom: ["latticeforge-prod"],
        description: "LatticeForge: the same in another region, warm",
        promotesFrom: "latticeforge-prod",
      },
    ],
  },
};

/** The private addresses that a system's networks may have, as an IPv4 block. @throws {RunError} when there is no such system */
export function addressBlockOf(system: string): string {
  const found = systems[system];
  if (found !== undefined) return found.addressBlock;
  throw refusal(`system "${system}"`, [`it is not in stacks/registry.ts; the systems are ${systemNames.join(", ")}`]);
}

/** The names of all systems. */
export const systemNames: readonly string[] = Object.keys(systems);

/** The stacks that stay, in the order in which they can be deployed. Preview environments come and go: see {@link findStack}. */
export const stackDefinitions: readonly StackDefinition[] = Object.entries(systems).flatMap(([system, { stacks }]) =>
  stacks.map((stack) => ({ ...stack, system })),
);

/** The names of the stacks that people deploy, and look at. */
export const personalStacks: readonly string[] = stackDefinitions
  .filter(({ deployedBy }) => deployedBy === "a-person")
  .map(({ name }) => name);

/** The names of the stacks that workflows deploy. */
export const workflowStacks: readonly string[] = stackDefinitions
  .map(({ name }) => name)
  .filter((name) => !personalStacks.includes(name));

/** The label of pull requests that have a preview environment of each system that they affect. */
export const previewLabel = "preview-environment";

/** The systems that have preview environments, and how the names of those begin, before the pull request's number. */
export const previewedSystems: readonly { readonly system: string; readonly prefix: string }[] = Object.entries(
  systems,
).flatMap(([system, { previews }]) => (previews === undefined ? [] : [{ system, prefix: previews.prefix }]));

/** The label of pull requests that have a preview environment of a system, whatever they affect. @example "preview:latticeforge" */
export function systemPreviewLabel(system: string): string {
  return `preview:${system}`;
}

/** The labels of which an open pull request has one as long as its preview environment of this name stays. */
export function labelsOfPreview(stack: string): readonly string[] {
  const preview = previewOf(stack);
  return preview === undefined ? [] : [previewLabel, systemPreviewLabel(preview.system)];
}

/** The preview environment of that name; undefined for any other stack. */
function previewOf(stack: string): { system: string; composition: string; pullRequest: number } | undefined {
  for (const [system, { previews }] of Object.entries(systems)) {
    if (previews === undefined || !stack.startsWith(previews.prefix)) continue;
    const number = stack.slice(previews.prefix.length);
    if (/^[1-9]\d{0,8}$/.test(number))
      return { system, composition: previews.composition, pullRequest: Number(number) };
  }
  return undefined;
}

/**
 * The pull request that a stack is a preview environment of; undefined for any other stack.
 *
 * @example pullRequestOf("pr-12") // 12
 */
export function pullRequestOf(stack: string): number | undefined {
  return previewOf(stack)?.pullRequest;
}

/** The environment of a pull request's previews, in whichever system. @example previewEnvironmentOf(12) // "pr-12" */
export function previewEnvironmentOf(pullRequest: number): string {
  return `pr-${pullRequest}`;
}

/**
 * The stack that is a system's preview environment of a pull request; undefined when the system has none.
 *
 * @example previewStackOf("latticeforge", 12) // "latticeforge-pr-12"
 */
export function previewStackOf(system: string, pullRequest: number): string | undefined {
  const previews = systems[system]?.previews;
  return previews && `${previews.prefix}${pullRequest}`;
}

/** The stack of that name: one that stays, or the preview environment of a pull request. Undefined when there can be none. */
export function findStack(name: string): StackDefinition | undefined {
  const preview = previewOf(name);
  if (preview === undefined) return stackDefinitions.find((stack) => stack.name === name);
  const { system, composition, pullRequest } = preview;
  const description = `the preview environment of pull request ${pullRequest}`;
  return { name, system, composition, readsFrom: [], description };
}

/** @throws {RunError} when no such stack is defined, naming those that are */
export function stackDefinition(name: string): StackDefinition {
  const found = findStack(name);
  if (found !== undefined) return found;
  const known = stackDefinitions.map((stack) => stack.name).join(", ");
  const previews = Object.values(systems).flatMap((system) => system.previews?.prefix ?? []);
  throw refusal(`stack "${name}"`, [
    `it is not defined; the stacks are ${known}, and ${previews.map((prefix) => `${prefix}NUMBER`).join(", ")} for a pull request (stacks/registry.ts)`,
  ]);
}

/** The program of the system that a stack belongs to. */
export function systemProgram({ name, system }: Pick<StackDefinition, "name" | "system">): SystemProgram {
  const found = systems[system];
  if (found !== undefined) return found.load();
  throw refusal(`stack "${name}"`, [`there is no system "${system}"; the systems are ${systemNames.join(", ")}`]);
}

/** The hosts of a system; undefined when it has none. */
export function systemHosts(system: string): SystemHosts | undefined {
  return systems[system]?.hosts?.();
}

/** The sites of all systems, as the inventories in a project's directory say. */
export function allSites(project: string): readonly SystemSites[] {
  return Object.values(systems).flatMap(({ sites }) => sites?.(project) ?? []);
}

/** What a stack may find in its places without having deployed it, by id or by name. */
export function expectedObjectsOf({ system }: Pick<StackDefinition, "system">): ReadonlySet<string> {
  return new Set(systems[system]?.expectedObjects?.());
}

/** Whether a stack installs on machines; false for one that is not defined. */
export function installsOnMachines(name: string): boolean {
  return findStack(name)?.installsOnMachines ?? false;
}
