import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ipv4Range } from "./ipv4-range";
import { listOfText, mapping, PolicyFileProblems, parsePolicyFile, text } from "./policy-file";
import type { RuleLevel } from "./rule";

/** What rules need to know of the stack they check. One file a stack: `parameters/<stack>.yaml`. */
export interface StackParameters {
  readonly stack: string;
  /** What the `Environment` tag must say. Default: the last part of the stack's name (`staging` of `latticeforge-staging`). */
  readonly environment: string;
  /** Public addresses (single or CIDR) declared to reach what is otherwise closed. Default: none. */
  readonly reachedBy: readonly string[];
  /** Logical names of Container Apps whose only callers come through the edge. Default: none. */
  readonly frontedByEdge: readonly string[];
  /** Levels that differ from the rules' own, by rule id. Default: none. */
  readonly levels: Readonly<Record<string, RuleLevel>>;
}

const knownKeys = ["environment", "reachedBy", "frontedByEdge", "levels"];
const knownLevels: readonly RuleLevel[] = ["mandatory", "advisory", "disabled"];

/** Parameters of a stack that has no file. */
export function defaultParameters(stack: string): StackParameters {
  const environment = stack.split("-").at(-1) ?? stack;
  return { stack, environment, reachedBy: [], frontedByEdge: [], levels: {} };
}

/**
 * Reads the parameters of one stack.
 *
 * @param directory where the files are
 * @param ruleIds the rules that levels may name
 * @throws PolicyFileError with everything that is wrong with the file
 */
export function readStackParameters(directory: string, stack: string, ruleIds: readonly string[]): StackParameters {
  const file = join(directory, `${basename(stack)}.yaml`);
  const defaults = defaultParameters(stack);
  if (!existsSync(file)) return defaults;
  const problems = new PolicyFileProblems(file);
  const content = mapping(parsePolicyFile(readFileSync(file, "utf8"), problems), "", knownKeys, problems);
  const parameters: StackParameters = {
    stack,
    environment: content.environment === undefined ? defaults.environment : text(content, "environment", "", problems),
    reachedBy: listOfText(content.reachedBy, "reachedBy", problems),
    frontedByEdge: listOfText(content.frontedByEdge, "frontedByEdge", problems),
    levels: levels(content.levels, ruleIds, problems),
  };
  for (const [index, address] of parameters.reachedBy.entries()) {
    if (ipv4Range(address) === undefined) {
      problems.add(`reachedBy[${index}]`, `expected an IPv4 address or CIDR block, got "${address}"`);
    }
  }
  problems.throwIfAny();
  return parameters;
}

/** The stacks that have parameters. */
export function stacksWithParameters(directory: string): readonly string[] {
  const files = readdirSync(directory).filter((file) => file.endsWith(".yaml"));
  return files.map((file) => basename(file, ".yaml")).sort();
}

function levels(
  value: unknown,
  ruleIds: readonly string[],
  problems: PolicyFileProblems,
): Readonly<Record<string, RuleLevel>> {
  if (value === undefined || value === null) return {};
  const content = mapping(value, "levels", ruleIds, problems);
  const entries = Object.entries(content).flatMap(([rule, given]): [string, RuleLevel][] => {
    const level = knownLevels.find((known) => known === given);
    if (level !== undefined) return [[rule, level]];
    problems.add(`levels.${rule}`, `expected ${knownLevels.join(", ")}, got ${JSON.stringify(given)}`);
    return [];
  });
  return Object.fromEntries(entries);
}
