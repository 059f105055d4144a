import { stackDefinition } from "./registry";

/**
 * The blobs of a container that are one stack's: its state and what Pulumi keeps beside it, as patterns.
 * Source: the layout of self-managed backends, `.pulumi/meta.yaml` version 1.
 */
export function stateBlobs(project: string, stack: string): readonly string[] {
  return [
    `.pulumi/stacks/${project}/${stack}.json*`,
    `.pulumi/locks/organization/${project}/${stack}/*`,
    `.pulumi/history/${project}/${stack}/*`,
    `.pulumi/backups/${project}/${stack}/*`,
  ];
}

/**
 * The container of the state account that holds a stack's state: its own, or that of the stack it reads from, because a stack reference
 * reaches no further than its own backend.
 *
 * @example stateContainerOf("hosts") // "prod"
 */
export function stateContainerOf(stack: string): string {
  const [first] = stackDefinition(stack).readsFrom;
  return first === undefined ? stack : stateContainerOf(first);
}
