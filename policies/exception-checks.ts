import { hasExpired, type PolicyException } from "./exceptions";

/** A check of the exceptions of one stack, made after all its resources were checked. */
export interface ExceptionCheck {
  readonly id: string;
  readonly description: string;
  readonly level: "mandatory" | "advisory";
  /**
   * @param today `YYYY-MM-DD`
   * @param needed whether an exception covered a violation, or something that cannot be decided yet
   * @returns one message for each exception that is wrong
   */
  readonly evaluate: (
    exceptions: readonly PolicyException[],
    today: string,
    needed: (exception: PolicyException) => boolean,
  ) => readonly string[];
}

export const exceptionChecks: readonly ExceptionCheck[] = [
  {
    id: "exceptions-expired",
    description: "No exception is kept beyond its expiry.",
    level: "mandatory",
    evaluate: (exceptions, today) =>
      exceptions
        .filter((exception) => hasExpired(exception, today))
        .map(
          ({ rule, resource, owner, expires }) =>
            `The exception from ${rule} for ${resource} expired on ${expires}; ${owner} renews or removes it.`,
        ),
  },
  {
    id: "exceptions-unused",
    description: "Every exception is needed.",
    level: "advisory",
    evaluate: (exceptions, today, needed) =>
      exceptions
        .filter((exception) => !needed(exception) && !hasExpired(exception, today))
        .map(
          ({ rule, resource, owner }) =>
            `The exception from ${rule} for ${resource} matches no violation; ${owner} corrects or removes it.`,
        ),
  },
];
