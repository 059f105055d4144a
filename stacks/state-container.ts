import { stackDefinition } from "./stack-registry";

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
