import { createRequire } from "node:module";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type CommandRun, repository } from "./run-command";

const load = createRequire(__filename);
let queue: Promise<unknown> = Promise.resolve();

/**
 * Runs a command in this process: what `runCommand` does, without the seconds that a process takes to load everything. One after
 * another, because the environment and the standard streams are everybody's.
 *
 * @param input what is on its standard input, as in a pipe. Default: this process's
 */
export function runHere(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input?: string,
): Promise<CommandRun> {
  const next = queue.then(() => withEnvironment({ NO_COLOR: "1", ...environment }, () => withInput(input, args)));
  queue = next.catch(() => {});
  return next;
}

async function withInput(input: string | undefined, args: readonly string[]): Promise<CommandRun> {
  if (input === undefined) return run(args);
  const { stdin } = process;
  Object.defineProperty(process, "stdin", { value: Readable.from([input]), configurable: true });
  try {
    return await run(args);
  } finally {
    Object.defineProperty(process, "stdin", { value: stdin, configurable: true });
  }
}

async function run(args: readonly string[]): Promise<CommandRun> {
  const { main }: typeof import("../../cli/main") = load(join(repository, "cli", "main.ts"));
  const output = capture(process.stdout);
  const errors = capture(process.stderr);
  try {
    const exitCode = await main(args);
    return { exitCode, output: output.text(), errors: errors.text() };
  } finally {
    output.end();
    errors.end();
  }
}

async function withEnvironment<T>(environment: Readonly<Record<string, string>>, action: () => Promise<T>): Promise<T> {
  const before = { ...process.env };
  // As `runCommand`: on a build server the engine would have to be named.
  delete process.env.CI;
  Object.assign(process.env, environment);
  try {
    return await action();
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

function capture(stream: NodeJS.WriteStream) {
  const written: string[] = [];
  const write = stream.write;
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    written.push(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8"));
    const done = rest.find((argument) => typeof argument === "function");
    if (typeof done === "function") process.nextTick(done);
    return true;
  };
  return {
    text: () => written.join(""),
    end: () => {
      stream.write = write;
    },
  };
}
