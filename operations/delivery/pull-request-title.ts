/** A pull request's title as changes of infrastructure have it: `[IaC] prod: why`, `[IaC] dev, prod: why` or `[IaC] all: why`. */
const titlePattern = /^\[IaC\] ([a-z0-9-]+(?:, ?[a-z0-9-]+)*): \S/;

/**
 * What is wrong with the title of a pull request that changes these stacks; undefined when nothing is. The title names every stack
 * that is changed, so that nobody approves for dev what also changes prod.
 */
export function titleProblem(title: string, affected: readonly string[], known: readonly string[]): string | undefined {
  if (affected.length === 0) return undefined;
  const expected = `[IaC] ${affected.length === known.length ? "all" : affected.join(", ")}: what changes and why`;
  const named = titlePattern.exec(title)?.[1]?.split(/, ?/);
  if (named === undefined)
    return `this changes ${affected.join(", ")}; give the pull request a title like "${expected}"`;
  if (named.includes("all")) return undefined;
  const unknown = named.filter((stack) => !known.includes(stack));
  if (unknown.length > 0) return `the title names ${unknown.join(", ")}; the stacks are ${known.join(", ")}`;
  const missing = affected.filter((stack) => !named.includes(stack));
  if (missing.length === 0) return undefined;
  return `this also changes ${missing.join(", ")}; give the pull request a title like "${expected}"`;
}
