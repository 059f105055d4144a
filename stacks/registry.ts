/** A stack as the commands know it: what it is for, and what must exist before it. Knows no component, so it loads at once. */
export interface StackDefinition {
  /** The Pulumi stack, as in `Pulumi.<name>.yaml`. */
  readonly name: string;
  /** The directory below `stacks/` that composes it. */
  readonly system: "alai";
  /** Which of the system's compositions it is. */
  readonly composition: "bootstrap" | "prod" | "dev" | "hosts" | "preview";
  /** The stacks whose outputs it reads: deployed before it, destroyed after it. */
  readonly readsFrom: readonly string[];
  readonly description: string;
  /**
   * Whether it installs on machines, over SSH. One that is away fails alone: a failure leaves the rest done. Default: false, so that
   * the first failure stops what has not begun.
   */
  readonly installsOnMachines?: boolean;
}

/** The stacks that stay. Preview environments come and go: see {@link findStack}. */
export const stackDefinitions: readonly StackDefinition[] = [
  {
    name: "bootstrap",
    system: "alai",
    composition: "bootstrap",
    readsFrom: [],
    description: "where state and its keys are kept, and who may deploy what",
  },
  {
    name: "prod",
    system: "alai",
    composition: "prod",
    readsFrom: [],
    description: "zones, sites, repositories, the control plane, the backup account",
  },
  {
    name: "dev",
    system: "alai",
    composition: "dev",
    readsFrom: [],
    description: "the control plane and the sites once more, small and apart",
  },
  {
    name: "hosts",
    system: "alai",
    composition: "hosts",
    readsFrom: ["prod"],
    description: "the tailnet, the failover name, the heartbeat, and replication on the hosts",
    installsOnMachines: true,
  },
];

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
  const description = `the preview environment of pull request ${pullRequest}`;
  return { name, system: "alai", composition: "preview", readsFrom: [], description };
}

/** @throws when no such stack is defined, naming those that are */
export function stackDefinition(name: string): StackDefinition {
  const found = findStack(name);
  if (found === undefined) {
    const known = stackDefinitions.map((stack) => stack.name).join(", ");
    throw new Error(
      `no stack "${name}" is defined; the stacks are ${known}, and pr-NUMBER for a pull request (stacks/registry.ts)`,
    );
  }
  return found;
}

/** Whether a stack installs on machines; false for one that is not defined. */
export function installsOnMachines(name: string): boolean {
  return findStack(name)?.installsOnMachines ?? false;
}
