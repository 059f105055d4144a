import { type GuardName, guardNames } from "./guard-finding";

/** A guard overridden for one plan, by a label on the pull request, with a reason that is recorded. */
export interface GuardOverride<Name extends string = GuardName> {
  readonly guard: Name;
  readonly reason: string;
}

/** Reasons shorter than this explain nothing: "ok", "needed". */
const shortestReason = 10;

/**
 * Reads overrides as they are given on the command line, `stateful=moved to the new account, see the plan`.
 *
 * @param names what can be overridden. Default: the plan guards
 * @throws with all of them that cannot be used
 */
export function parseOverrides(given: readonly string[]): readonly GuardOverride[];
export function parseOverrides<Name extends string>(
  given: readonly string[],
  names: readonly Name[],
): readonly GuardOverride<Name>[];
export function parseOverrides(
  given: readonly string[],
  names: readonly string[] = guardNames,
): readonly GuardOverride<string>[] {
  const problems: string[] = [];
  const overrides = given.flatMap((text) => {
    const at = text.indexOf("=");
    const name = at < 0 ? text : text.slice(0, at);
    const reason = at < 0 ? "" : text.slice(at + 1).trim();
    const guard = names.find((known) => known === name);
    if (guard === undefined)
      problems.push(`--override ${text}: there is no guard "${name}"; the guards are ${names.join(", ")}`);
    else if (reason.length < shortestReason)
      problems.push(
        `--override ${text}: expected a reason of at least ${shortestReason} characters, as in --override "${guard}=the data was moved before"`,
      );
    else return [{ guard, reason }];
    return [];
  });
  for (const guard of names) {
    if (overrides.filter((override) => override.guard === guard).length > 1)
      problems.push(`--override ${guard} is given twice; one reason is enough`);
  }
  if (problems.length > 0) throw new OverrideError(problems.join("\n"));
  return overrides;
}

export class OverrideError extends Error {
  override name = "OverrideError";
}
