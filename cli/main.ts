import { CommanderError } from "commander";
import { fitLines, terminalOf } from "../deployment/display/terminal";
import type { Outcome } from "./command";
import { describeError, exitCodes } from "./exit-codes";
import { Interruption } from "./interruption";
import { loadCommand, openEngine } from "./load-command";
import { commandLineProgram, type ParsedCommand } from "./program";
import { refuseStrayArguments } from "./swallowed-options";
import { targetEngine, targetStack } from "./target-stack";

/** Commands that work on no stack. */
const withoutStack: ReadonlySet<string> = new Set([
  "affected",
  "bench",
  "break-glass-review",
  "conformance",
  "drill",
  "failover",
  "generate",
  "policies",
  "prices",
  "reap",
  "restore-test",
]);
const withoutDefaultStack: ReadonlySet<string> = new Set(["destroy", "refresh"]);

/** Runs one command and returns the process's exit code. */
export async function main(args: readonly string[]): Promise<number> {
  process.stdout.on("error", endQuietlyWhenNobodyReads);
  let exitCode: number = exitCodes.done;
  const program = commandLineProgram(async (command) => {
    exitCode = await runCommand(command);
  });
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.badConfiguration;
    throw error;
  } finally {
    process.stdout.off("error", endQuietlyWhenNobodyReads);
  }
  return exitCode;
}

async function runCommand({ name, options, stray }: ParsedCommand): Promise<number> {
  const output = terminalOf(process.stdout, process.env);
  const people = options.json === true ? terminalOf(process.stderr, process.env) : output;
  const say = (line: string): void => people.write(`${fitLines([line], people).join("\n")}\n`);
  const interruption = new Interruption((line) => process.stderr.write(`${line}\n`));
  let title = name;
  const end = ({ exitCode, summary }: Outcome): number => {
    say(`${title} · ${summary}`);
    return exitCode;
  };
  try {
    refuseStrayArguments(name, stray, process.env);
    const command = loadCommand(name);
    const stackDefault = withoutDefaultStack.has(name) ? "none" : "dev";
    const { stack, engine } = withoutStack.has(name)
      ? { stack: "none", engine: name === "reap" ? targetEngine(name, options, process.env) : ("sandbox" as const) }
      : targetStack(name, options, stackDefault, process.env);
    if (!withoutStack.has(name)) title = `${name} · stack ${stack} · engine ${engine}`;
    else if (options.stack !== undefined) title = `${name} · stack ${options.stack}`;
    else if (name === "reap") title = `${name} · preview environments · engine ${engine}`;
    say(title);
    const open = (other = stack) =>
      openEngine({ engine, stack: other, options, begins: name === "up" || name === "start" });
    return end(
      await command({ command: name, options, stack, engine, output, signal: interruption.signal, say, open }),
    );
  } catch (error) {
    const { exitCode, message } = describeError(error);
    process.stderr.write(`${people.paint("danger", "error:")} ${message}\n`);
    return end({ exitCode, summary: `failed, exit code ${exitCode}` });
  } finally {
    interruption.stop();
  }
}

/** `npm run preview | head` closes the pipe early; that is no error. */
function endQuietlyWhenNobodyReads(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(exitCodes.done);
  throw error;
}
