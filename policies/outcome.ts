/** What a rule says of a resource. A resource that lacks what the rule is about (no ingress, another parameter) is not applicable. */
export type RuleOutcome =
  | { readonly outcome: "compliant" }
  | { readonly outcome: "violation"; readonly findings: readonly Finding[] }
  /** A value that decides is known only at `up`. */
  | { readonly outcome: "undecided"; readonly paths: readonly string[] }
  | { readonly outcome: "not-applicable"; readonly reason: string };

export interface Finding {
  /** The property, for example `networkRuleSet.ipRules[2].iPAddressOrRange`. */
  readonly path: string;
  /** What is wrong with it, to be read after the path. @example `is "TLS1_0", expected TLS1_2 or TLS1_3` */
  readonly message: string;
}

export const compliant: RuleOutcome = { outcome: "compliant" };

export function violation(path: string, message: string): RuleOutcome {
  return { outcome: "violation", findings: [{ path, message }] };
}

export function undecided(path: string): RuleOutcome {
  return { outcome: "undecided", paths: [path] };
}

/**
 * Thrown by a value that only `up` can tell, to whoever wants to decide by it. So no rule takes the unknown for present or for
 * absent: {@link decide} makes an undecided outcome of it.
 */
export class UndecidedError extends Error {
  /** @param path where the unknown begins */
  constructor(readonly path: string) {
    super(`${path} is known only at up`);
    this.name = "UndecidedError";
  }
}

/** An outcome; undecided when something unknown was asked on the way to it. */
export function decide(outcome: () => RuleOutcome): RuleOutcome {
  try {
    return outcome();
  } catch (error) {
    if (error instanceof UndecidedError) return undecided(error.path);
    throw error;
  }
}

/** The outcome of each of some parts: one that cannot be decided leaves the others as they are. */
export function each<T>(parts: readonly T[], outcome: (part: T) => RuleOutcome): readonly RuleOutcome[] {
  return parts.map((part) => decide(() => outcome(part)));
}

export function notApplicable(reason: string): RuleOutcome {
  return { outcome: "not-applicable", reason };
}

/** Every part must comply. A known violation decides, whatever else is unknown. */
export function allOf(parts: readonly RuleOutcome[]): RuleOutcome {
  const findings = parts.flatMap((part) => (part.outcome === "violation" ? part.findings : []));
  if (findings.length > 0) return { outcome: "violation", findings };
  const paths = unknownPaths(parts);
  return paths.length > 0 ? { outcome: "undecided", paths } : compliant;
}

/** One way to comply is enough. A known compliant one decides; otherwise an unknown one may still be it. */
export function anyOf(parts: readonly RuleOutcome[]): RuleOutcome {
  if (parts.some((part) => part.outcome === "compliant")) return compliant;
  const paths = unknownPaths(parts);
  return paths.length > 0 ? { outcome: "undecided", paths } : allOf(parts);
}

function unknownPaths(parts: readonly RuleOutcome[]): readonly string[] {
  return [...new Set(parts.flatMap((part) => (part.outcome === "undecided" ? part.paths : [])))];
}
