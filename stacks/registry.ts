import { join } from "node:path";
import type { Inputs } from "@pulumi/pulumi";
import { refusal } from "../lib/refusal";
import type { StackSettings } from "./settings";
import type { StackConfiguration } from "./stack-configuration";
import type { SystemDelivery } from "./system-delivery";
import type { SystemHosts } from "./system-hosts";
import type { SystemSites } from "./system-sites";
import { pullRequestIn, readSystems, type SystemStack, type SystemTable } from "./systems-file";

/** A stack as the commands know it: what it is for, and what must exist before it. `systems-file.ts` says what each part means. */
export interface StackDefinition extends SystemStack {
  /** The directory below `stacks/` that has its inventory. */
  readonly system: string;
}

/** How a system is deployed: `application-system.ts` for systems of services, or `stacks/<name>/index.ts`. */
export interface SystemProgram {
  /** What `Pulumi.<stack>.yaml` says beyond the settings of every stack, by environment. */
  readonly settings: Readonly<Record<string, StackSettings>>;
  /** Deploys one of its environments and returns the outputs. */
  readonly deploy: (environment: string, configuration: StackConfiguration) => Inputs | Promise<Inputs>;
}

/** What a system has that is more than services, what they use, and the zones they are reached by. */
interface SystemCode {
  /** Loads its program, which brings its providers' packages: only for the stack that is deployed. */
  readonly load: () => SystemProgram;
  /** Its machines that no cloud runs. Default: it has none. */
  readonly hosts?: () => SystemHosts;
  /** Its sites, as the inventory in a project's directory says. Default: it has none. */
  readonly sites?: (project: string) => SystemSites;
  /** The repository whose workflows deploy the stacks of all systems. Default: another system's. */
  readonly delivery?: (project: string) => SystemDelivery;
  /**
   * Ids and names of what its inventory knows and its stacks may find in their places without having deployed it. Default: none, so
   * that drift reports whatever no state has.
   */
  readonly expectedObjects?: () => readonly string[];
}

const alaiOperations = () => require("./alai/alai-hosts") as typeof import("./alai/alai-hosts");
const alaiInventory = () => (require("./alai/inventory") as typeof import("./alai/inventory")).loadAlaiInventory();

/** The systems that have a program of their own, by their names in `systems.yaml`. */
const ownCode: Readonly<Record<string, SystemCode>> = {
  alai: {
    load: () => (require("./alai") as typeof import("./alai")).alai,
    hosts: () => alaiOperations().alaiHosts(alaiInventory()),
    sites: (project) => alaiOperations().alaiSites(project),
    delivery: (project) => alaiOperations().deliveryOfAlai(project),
    expectedObjects: () => alaiOperations().expectedObjects(alaiInventory()),
  },
};

const systems: SystemTable = readSystems(join(__dirname, ".."));

/** The private addresses that a system's networks may have, as an IPv4 block. @throws {RunError} when there is no such system */
export function addressBlockOf(system: string): string {
  const found = systems[system];
  if (found !== undefined) return found.addressBlock;
  throw refusal(`system "${system}"`, [`it is not in stacks/systems.yaml; the systems are ${systemNames.join(", ")}`]);
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
).flatMap(([system, { previews }]) => (previews === undefined ? [] : [{ system, prefix: previews }]));

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
function previewOf(stack: string): { system: string; pullRequest: number } | undefined {
  for (const { system, prefix } of previewedSystems) {
    const pullRequest = pullRequestIn(stack, prefix);
    if (pullRequest !== undefined) return { system, pullRequest };
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
  return previews && `${previews}${pullRequest}`;
}

/** The stack of that name: one that stays, or the preview environment of a pull request. Undefined when there can be none. */
export function findStack(name: string): StackDefinition | undefined {
  const preview = previewOf(name);
  if (preview === undefined) return stackDefinitions.find((stack) => stack.name === name);
  const { system, pullRequest } = preview;
  const description = `the preview environment of pull request ${pullRequest}`;
  return { name, system, environment: "preview", readsFrom: [], description };
}

/** @throws {RunError} when no such stack is defined, naming those that are */
export function stackDefinition(name: string): StackDefinition {
  const found = findStack(name);
  if (found !== undefined) return found;
  const known = stackDefinitions.map((stack) => stack.name).join(", ");
  const previews = previewedSystems.map(({ prefix }) => prefix);
  throw refusal(`stack "${name}"`, [
    `it is not defined; the stacks are ${known}, and ${previews.map((prefix) => `${prefix}NUMBER`).join(", ")} for a pull request (stacks/systems.yaml)`,
  ]);
}

/** The program of the system that a stack belongs to. */
export function systemProgram({ name, system }: Pick<StackDefinition, "name" | "system">): SystemProgram {
  const own = ownCode[system];
  if (own !== undefined) return own.load();
  if (systems[system] !== undefined)
    return (require("./application-system") as typeof import("./application-system")).applicationSystem(system);
  throw refusal(`stack "${name}"`, [`there is no system "${system}"; the systems are ${systemNames.join(", ")}`]);
}

/** Whether a system has a program of its own; the others are services, what they use, and the zones they are reached by. */
export function hasOwnProgram(system: string): boolean {
  return ownCode[system] !== undefined;
}

const applicationProgram = "stacks/application-system.ts";

/** The module that is a system's program, from the project's directory. */
export function programFileOf(system: string): string {
  return hasOwnProgram(system) ? `stacks/${system}/index.ts` : applicationProgram;
}

/** The module that composes a stack, from the project's directory: its own, where its system has a program of its own. */
export function compositionFileOf({ name, system, environment }: StackDefinition): string {
  if (previewOf(name) !== undefined) return "stacks/preview-composition.ts";
  return hasOwnProgram(system) ? `stacks/${system}/${environment}.ts` : applicationProgram;
}

/** The hosts of a system; undefined when it has none. */
export function systemHosts(system: string): SystemHosts | undefined {
  return ownCode[system]?.hosts?.();
}

/** The sites of all systems, as the inventories in a project's directory say. */
export function allSites(project: string): readonly SystemSites[] {
  return Object.values(ownCode).flatMap(({ sites }) => sites?.(project) ?? []);
}

/** The repository whose workflows deploy the stacks, as the inventories in a project's directory say. @throws {RunError} when none does */
export function deliveryOf(project: string): SystemDelivery {
  const [found] = Object.values(ownCode).flatMap(({ delivery }) => delivery?.(project) ?? []);
  if (found !== undefined) return found;
  throw refusal("the stacks", ["no system says whose workflows deploy them (ownCode in stacks/registry.ts)"]);
}

/** What a stack may find in its places without having deployed it, by id or by name. */
export function expectedObjectsOf({ system }: Pick<StackDefinition, "system">): ReadonlySet<string> {
  return new Set(ownCode[system]?.expectedObjects?.());
}

/** Whether a stack installs on machines; false for one that is not defined. */
export function installsOnMachines(name: string): boolean {
  return findStack(name)?.installsOnMachines ?? false;
}
