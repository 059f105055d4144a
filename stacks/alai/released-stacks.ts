import { type StackDefinition, stackDefinitions } from "../registry";

/** The stacks that a system's services are released to: first the one where digests come to, then whichever takes them from it. */
export function releasedStacks(system: string): readonly StackDefinition[] {
  const stacks = stackDefinitions.filter((stack) => stack.system === system);
  const follows = (before: string) => stacks.filter(({ promotesFrom }) => promotesFrom === before);
  const chain = (stack: StackDefinition): StackDefinition[] => [stack, ...follows(stack.name).flatMap(chain)];
  return stacks
    .filter(({ name, promotesFrom }) => promotesFrom === undefined && follows(name).length > 0)
    .flatMap(chain);
}
