import type { RunError } from "@pulumi/pulumi/errors";
import { placeOf } from "./located-yaml/place";
import type { Problem } from "./located-yaml/problem";
import { formatPropertyPath } from "./property-path";

/** What is wrong with something's arguments: a sentence, or a sentence about one of them. */
export type RefusalReason = string | Problem;

/**
 * Ends the program when there are problems: what it was told cannot be. Both engines print the message without a stack trace, and the
 * commands end with exit code 2.
 *
 * @param subject what refuses: its type and its logical name. @example 'PostgresServer "postgres"'
 * @param problems all that is wrong, not only the first
 * @param args what it was given: where it came from an inventory, each problem names file, line and column
 * @throws {RunError} when there are problems
 */
export function refuse(subject: string, problems: readonly RefusalReason[], args?: object): void {
  if (problems.length > 0) throw refusal(subject, problems, args);
}

/** The error of {@link refuse}, for a place that cannot go on. */
export function refusal(subject: string, problems: readonly RefusalReason[], args?: object): RunError {
  const place = placeOf(args);
  const lines = problems.map((problem) => {
    const { path, message } = typeof problem === "string" ? { path: [], message: problem } : problem;
    const where = place === undefined ? "" : `${place(path)} `;
    return `${where}${subject}: ${path.length === 0 ? "" : `${formatPropertyPath(path)}: `}${message}`;
  });
  // Loaded when something is refused: it brings gRPC, and the commands load this module for the list of stacks.
  const errors: typeof import("@pulumi/pulumi/errors") = require("@pulumi/pulumi/errors");
  return new errors.RunError(lines.join("\n"));
}

/** Whether a program's message is a {@link refusal}, however it came here: the engines hand on nothing but its text. */
export function isRefusal(message: string): boolean {
  return /^(?:[^\s:]+:\d+:\d+ )?\w+ "[^"\n]*": /.test(message);
}
