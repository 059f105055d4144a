import { isJsonObject } from "../../lib/json-value";
import { previewEnvironmentOf, previewStackOf, pullRequestOf } from "../../stacks/registry";
import { type DeployedResource, readDeployedResources } from "../drift/deployment-state";

/** The tags that say of which preview something is, and until when. Without all of them, nothing is taken for one. */
export interface PreviewLabel {
  /** The stack's name. */
  readonly stack: string;
  /** The name of the group that the tags are on: the system's and the environment's. */
  readonly group: string;
  readonly pullRequest: number;
  /** The last day, `YYYY-MM-DD`. */
  readonly expiresAt: string;
}

/** Something that may be a preview environment: a stack, or a resource group whose stack is gone. */
export interface PreviewCandidate {
  /** The stack's name, or the one that the group's tags name. */
  readonly name: string;
  /** Absent when it does not carry its label, and is none of ours to touch. */
  readonly label: PreviewLabel | undefined;
  /** `empty-stack`: one in which nothing was made, or nothing is left. */
  readonly kind: "stack" | "empty-stack" | "resource-group";
  /** The pull request that its name names. */
  readonly pullRequest: number;
  /** The ids of the stack's resource groups. */
  readonly groups: readonly string[];
}

const groupType = "azure-native:resources:ResourceGroup";

/**
 * Reads a label from tags.
 *
 * @returns undefined unless the tags are there and as they must be
 */
export function labelOf(tags: unknown): PreviewLabel | undefined {
  if (!isJsonObject(tags)) return undefined;
  const { PullRequest: number, ExpiresAt: day, Environment: environment, Project: system } = tags;
  if (typeof system !== "string") return undefined;
  const stack = previewStackOf(system, Number(number));
  const pullRequest = stack === undefined ? undefined : pullRequestOf(stack);
  if (stack === undefined || pullRequest === undefined || number !== String(pullRequest)) return undefined;
  if (environment !== previewEnvironmentOf(pullRequest)) return undefined;
  if (typeof day !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined;
  return { stack, group: `${system}-${environment}`, pullRequest, expiresAt: day };
}

/**
 * What the reaper knows of a stack; undefined when it is not named after a pull request. It carries its label when every resource
 * group that it owns says the same as its name; one that owns anything in somebody else's group does not.
 *
 * @param exported the stack's state, as both engines export it
 * @throws when it is no state
 */
export function previewStack(stack: string, exported: unknown): PreviewCandidate | undefined {
  const pullRequest = pullRequestOf(stack);
  if (pullRequest === undefined) return undefined;
  const resources = readDeployedResources(exported).filter(({ owned }) => owned);
  const groups = resources.filter(({ type }) => type === groupType);
  const labels = groups.map(({ outputs }) => labelOf(outputs.tags));
  const own = labels.every((label) => label?.stack === stack) && staysInside(resources, groups);
  return {
    name: stack,
    kind: resources.length === 0 ? "empty-stack" : "stack",
    pullRequest,
    label: own ? labels[0] : undefined,
    groups: groups.map(({ id }) => id),
  };
}

/** Whether everything in Azure is in one of the stack's own groups, or about one of them. */
function staysInside(resources: readonly DeployedResource[], groups: readonly DeployedResource[]): boolean {
  const own = groups.map(({ id }) => id.toLowerCase());
  return resources.every(({ id }) => {
    const lower = id.toLowerCase();
    return !lower.includes("/resourcegroups/") || own.some((group) => lower === group || lower.startsWith(`${group}/`));
  });
}

/** A resource group as a cloud lists it. */
export interface ListedGroup {
  readonly id: string;
  readonly name: string;
  readonly tags: unknown;
}

/**
 * Resource groups whose stack is gone: they carry a label, are named after it, and no stack that is there made them.
 *
 * @param stacks those that the backend knows
 */
export function findAbandonedGroups(groups: readonly ListedGroup[], stacks: readonly string[]): PreviewCandidate[] {
  return groups.flatMap(({ id, name, tags }): PreviewCandidate[] => {
    const label = labelOf(tags);
    if (label === undefined) return [];
    const { stack, group, pullRequest } = label;
    if (stacks.includes(stack) || name.toLowerCase() !== group) return [];
    return [{ name: stack, kind: "resource-group", pullRequest, label, groups: [id] }];
  });
}
