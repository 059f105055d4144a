/** A stack as the commands know it: what it is for, and what must exist before it. Knows no component, so it loads at once. */
export interface StackDefinition {
  /** The Pulumi stack, as in `Pulumi.<name>.yaml`. */
  readonly name: string;
  /** The directory below `stacks/` that composes it. */
  readonly system: "alai";
  /** Which of the system's compositions it is. */
  readonly composition: "bootstrap" | "prod" | "dev" | "hosts";
  /** The stacks whose outputs it reads: deployed before it, destroyed after it. */
  readonly readsFrom: readonly string[];
  readonly description: string;
}

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
    description: "the tailnet, the failover name and the heartbeat",
  },
];

/** @throws when no such stack is defined, naming those that are */
export function stackDefinition(name: string): StackDefinition {
  const found = stackDefinitions.find((stack) => stack.name === name);
  if (found === undefined) {
    const known = stackDefinitions.map((stack) => stack.name).join(", ");
    throw new Error(`no stack "${name}" is defined; the stacks are ${known} (stacks/stack-registry.ts)`);
  }
  return found;
}
