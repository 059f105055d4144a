import { spawn } from "node:child_process";
import { join } from "node:path";

export const repository = join(__dirname, "../..");

/** What Node needs with `--require` to run TypeScript of this repository. */
export const typescriptLoader = join(repository, "lib", "module-loader", "typescript-loader.cjs");

/** What the npm scripts give Node for commands that deploy. */
export const memory = ["--max-semi-space-size=64", "--min-semi-space-size=32"];

export interface CommandRun {
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
}

/**
 * Runs the real command line of a project, as its npm scripts do, without a terminal.
 *
 * @param interruption when it is interrupted, as by Ctrl-C. Default: never.
 */
export function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  project = repository,
  interruption?: AbortSignal,
): Promise<CommandRun> {
  return new Promise((resolve, reject) => {
    const { CI: _ci, ...inherited } = process.env;
    const child = spawn(process.execPath, [...memory, join(project, "cli/run.mjs"), ...args], {
      env: { ...inherited, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const read = { output: "", errors: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      read.output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      read.errors += text;
    });
    interruption?.addEventListener("abort", () => child.kill("SIGINT"));
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, ...read }));
  });
}

/** The first and the last line that were written. */
export function ends(text: string): readonly [string | undefined, string | undefined] {
  const lines = text.trimEnd().split("\n");
  return [lines[0], lines.at(-1)];
}
