import { formatProblems, type LocatedProblem } from "../../lib/located-yaml/problem";

/** Everything wrong in the files of a project, one problem a line: `Pulumi.dev.yaml:3:5 config.alai:tire: unknown key "alai:tire" …`. */
export class ProjectError extends Error {
  constructor(readonly problems: readonly LocatedProblem[]) {
    super(formatProblems(problems).join("\n"));
    this.name = "ProjectError";
  }
}

/** The stack is unknown: it has neither a configuration file nor a state. */
export class StackNotFoundError extends Error {
  constructor(
    readonly stackName: string,
    readonly stacks: readonly string[],
    expectedFile: string,
  ) {
    const known = stacks.length === 0 ? "There are no stacks here yet" : `Stacks here: ${stacks.join(", ")}`;
    super(`stack "${stackName}" not found. ${known}. A new one begins with the file ${expectedFile}.`);
    this.name = "StackNotFoundError";
  }
}

/** Secrets cannot be read with the passphrase that was given. */
export class ConfigDecryptionError extends Error {
  override name = "ConfigDecryptionError";
}
