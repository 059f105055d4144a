import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";

/** How a program ended, and what it wrote. */
export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly directory?: string;
  /** Then it is killed, and its exit code is 124. @default 120 */
  readonly timeoutSeconds?: number;
  /** Is told its process id, which is its process group's too. */
  readonly onStart?: ((pid: number) => void) | undefined;
  /** Gets what it writes, as it comes. */
  readonly onOutput?: (text: string) => void;
}

const timedOut = 124;
const notStarted = 127;

/** Runs a program to its end. A program that does not exist has exit code 127; nothing is thrown. */
export function runProgram(
  program: string,
  args: readonly string[],
  { environment = process.env, input = "", directory, timeoutSeconds = 120, onStart, onOutput }: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(program, [...args], {
      env: { ...environment },
      detached: true,
      ...(directory === undefined ? {} : { cwd: directory }),
    });
    if (child.pid !== undefined) onStart?.(child.pid);
    let [stdout, stderr] = ["", ""];
    let late = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      onOutput?.(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      onOutput?.(text);
    });
    const timer = setTimeout(() => {
      late = true;
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, timeoutSeconds * 1000);
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ exitCode: notStarted, stdout, stderr: `${stderr}${error.message}\n` });
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ exitCode: late ? timedOut : (code ?? 1), stdout, stderr });
    });
    // A program that does not read its input to the end is none of our business.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** What stops a drill. The message says what was expected and what to do. */
export class DrillError extends Error {
  override name = "DrillError";
}

/** A program that a drill needs and this machine does not have. The message says how to get it. */
export class MissingProgramError extends DrillError {
  override name = "MissingProgramError";
}

/** A port that was free a moment ago. Another program may take it before it is used. */
export function freePort(address = "127.0.0.1"): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, address, () => {
      const bound = server.address();
      const port = typeof bound === "object" && bound !== null ? bound.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** A program on the `PATH`, or undefined. */
export function executableOnPath(
  name: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const directories = (environment.PATH ?? "").split(delimiter).filter((directory) => directory !== "");
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
