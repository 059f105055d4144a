import { existsSync, realpathSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CommanderError } from "commander";
import { fitLines, terminalOf } from "../deployment/display/terminal";
import type { SecretTexts } from "../deployment/values/secret-texts";
import {
  type CommandContext,
  type CommandDefinition,
  cancelledOutcome,
  commandLine,
  type Outcome,
  scriptLine,
} from "./command";
import type { DeploymentEngine } from "./engines/deployment-engine";
import { CommandError, exitCodes } from "./exit-codes";
import { type EngineName, optionArguments, type SharedOptions, sharedOptions } from "./options";
import { commandLineProgram, type ParsedCommand, refuseStrayArguments, requireAction } from "./program";
import { projectDirectory, projectRoot } from "./project-root";

/** Runs one command and returns the process's exit code. */
export async function main(args: readonly string[]): Promise<number> {
  process.stdout.on("error", endQuietlyWhenNobodyReads);
  let exitCode: number = exitCodes.done;
  try {
    const program = commandLineProgram(args, async (command) => {
      exitCode = await runCommand(command);
    });
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.badConfiguration;
    if (!(error instanceof CommandError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return error.exitCode;
  } finally {
    process.stdout.off("error", endQuietlyWhenNobodyReads);
  }
  return exitCode;
}

async function runCommand({ name, definition, options, stray }: ParsedCommand): Promise<number> {
  const shared: SharedOptions = options;
  const output = terminalOf(process.stdout, process.env);
  const ui = shared.json === true ? terminalOf(process.stderr, process.env) : output;
  const withoutSecrets = secretMask();
  const say = (line: string): void => ui.write(`${fitLines([withoutSecrets(line)], ui).join("\n")}\n`);
  const printError = (line: string): void => void process.stderr.write(`${withoutSecrets(line)}\n`);
  let context: CommandContext<typeof options> | undefined;
  const interruption = new Interruption(printError, () =>
    context === undefined ? scriptLine(name, []) : commandLine(context, name),
  );
  let title = name;
  const end = ({ exitCode, summary }: Outcome): number => {
    say(`${title} · ${summary}`);
    return exitCode;
  };
  try {
    const action = requireAction(name, definition, stray);
    refuseStrayArguments(name, definition.options, action === undefined ? stray : [], process.env);
    const { stack, engine } = targetStack(name, definition, shared, process.env);
    title = titleOf({ name, definition }, stack, engine, shared);
    say(title);
    const begins = definition.beginsPreviews === true;
    const open = (other = stack) => openEngine({ engine, stack: other, options: shared, begins, say });
    const { signal } = interruption;
    const offered = definition.options;
    context = { command: name, offered, options, action, stack, engine, output, signal, say, open };
    return end(interruptedOutcome(context, await definition.run(context)));
  } catch (error) {
    // Loaded when needed, as engines are: it knows the errors of everything.
    const { describeError }: typeof import("./describe-error") = require("./describe-error");
    const { exitCode, message } = describeError(error);
    const interrupted = context !== undefined && interruption.signal.aborted ? context : undefined;
    if (interrupted !== undefined && exitCode === exitCodes.cancelled)
      return end(cancelledOutcome(interrupted, message));
    if (interrupted === undefined || !isAbort(error)) printError(`${ui.paint("danger", "error:")} ${message}`);
    if (interrupted !== undefined) return end(cancelledOutcome(interrupted, "what had begun was given up"));
    return end({ exitCode, summary: `failed, exit code ${exitCode}` });
  } finally {
    interruption.stop();
  }
}

/** Services quote what they were sent, and errors quote services: what a line has of the environment's secrets is not shown. */
function secretMask(): (line: string) => string {
  let texts: SecretTexts | undefined;
  return (line) => {
    const { environmentSecrets }: typeof import("../deployment/values/secret-texts") =
      require("../deployment/values/secret-texts");
    texts ??= environmentSecrets();
    return texts.masked(line);
  };
}

/** What an interrupted command left undone is no failure of its own. One that was done all the same stays done. */
function interruptedOutcome(context: CommandContext, outcome: Outcome): Outcome {
  const { exitCode, summary } = outcome;
  if (!context.signal.aborted || exitCode === exitCodes.done || exitCode === exitCodes.cancelled) return outcome;
  return cancelledOutcome(context, summary.replace(/[,;] exit code \d+$/, ""));
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

/** What the first and the last line say beside how it ended. */
function titleOf(
  { name, definition }: Pick<ParsedCommand, "name" | "definition">,
  stack: string,
  engine: EngineName,
  options: SharedOptions,
): string {
  if (definition.stack !== "none") return `${name} · stack ${stack} · engine ${engine}`;
  if (definition.subject !== undefined) return `${name} · ${definition.subject} · engine ${engine}`;
  return options.stack === undefined ? name : `${name} · stack ${options.stack}`;
}

interface EngineRequest {
  readonly engine: EngineName;
  readonly stack: string;
  readonly options: SharedOptions;
  readonly begins: boolean;
  say(line: string): void;
}

// Engines are loaded when needed: the SDK alone takes a second to load.

async function openEngine(request: EngineRequest): Promise<DeploymentEngine> {
  const { stack, options, begins } = request;
  const { makePreviewConfiguration }: typeof import("../operations/preview-environments/preview-stack-file") =
    require("../operations/preview-environments/preview-stack-file");
  // What a stack's file is for, a preview environment's template is until it has one.
  const undo =
    options.cwd === undefined ? makePreviewConfiguration(projectDirectory(options), stack, new Date()) : undefined;
  if (undo === undefined) return openStack(request);
  try {
    const opened = await openStack(request);
    const close = async () => {
      const stays = begins && !(await forgetEmpty(opened, request.say));
      await opened.close();
      if (!stays) undo();
    };
    return { ...opened, close };
  } catch (error) {
    undo();
    throw error;
  }
}

/**
 * Removes a preview environment that this command began and applied nothing to, because it was refused or cancelled. Trouble with that is
 * only said: how the command ended is more important.
 *
 * @returns whether nothing of it is left
 */
async function forgetEmpty(engine: DeploymentEngine, say: (line: string) => void): Promise<boolean> {
  const { readDeployedResources }: typeof import("../operations/drift/deployment-state") =
    require("../operations/drift/deployment-state");
  try {
    if (readDeployedResources(await engine.exportedState()).length > 0) return false;
    await engine.forget();
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    say(`stack ${engine.stack} stays, although nothing was applied to it: ${why}`);
    return false;
  }
}

async function openStack({ engine, stack, options, begins }: EngineRequest): Promise<DeploymentEngine> {
  if (engine === "pulumi") {
    const { offerPulumi }: typeof import("./engines/offered-pulumi") = require("./engines/offered-pulumi");
    await offerPulumi();
    const { openPulumiEngine }: typeof import("./engines/pulumi-engine") = require("./engines/pulumi-engine");
    const opened = await openPulumiEngine(stack, options, begins);
    if (!hasEmulatedPlugins(process.env.PATH)) return opened;
    const { withEmulatedClouds }: typeof import("./engines/emulated-clouds") = require("./engines/emulated-clouds");
    return withEmulatedClouds(opened, options);
  }
  const { openSandboxEngine }: typeof import("./engines/sandbox-engine") = require("./engines/sandbox-engine");
  return openSandboxEngine(stack, options);
}

/** Whether the first provider plugin of Azure on the PATH is the sandbox's own. */
function hasEmulatedPlugins(path = ""): boolean {
  const directory = path.split(delimiter).find((entry) => existsSync(join(entry, "pulumi-resource-azure-native")));
  return directory !== undefined && realpathSync(directory) === realpathSync(join(projectRoot, "sandbox", "bin"));
}

/** `npm run preview | head` closes the pipe early; that is no error. */
function endQuietlyWhenNobodyReads(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(exitCodes.done);
  throw error;
}

interface TargetStack {
  /** Empty for a command that works on no stack. */
  readonly stack: string;
  readonly engine: EngineName;
}

/**
 * The stack and the engine a command works on. Anything on the real engine, and whatever takes away, must be told the stack; a build
 * (`CI` set) must be told the engine.
 */
export function targetStack(
  command: string,
  { stack: usual, options: offered }: Pick<CommandDefinition, "stack" | "options">,
  options: SharedOptions,
  environment: Readonly<Record<string, string | undefined>>,
): TargetStack {
  const missing = (why: string, ...addition: readonly string[]) => {
    const { stack, engine } = options;
    const given = optionArguments(sharedOptions, { stack, engine });
    return new CommandError(exitCodes.badConfiguration, `${why}:\n  ${scriptLine(command, [...given, ...addition])}`);
  };
  // A command without the option knows the sandbox only, or no engine at all.
  if (offered.engine !== undefined && options.engine === undefined && isSet(environment.CI)) {
    throw missing("CI is set, so the engine must be named", "--engine sandbox");
  }
  const { engine = "sandbox" } = options;
  if (usual === "none") return { stack: "", engine };
  if (options.stack !== undefined) return { stack: options.stack, engine };
  if (engine === "pulumi") throw missing("on the real engine the stack must be named", "--stack NAME");
  if (usual === "named") throw missing(`${command} has no default stack`, "--stack NAME");
  return { stack: usual, engine };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "false" && value !== "0";
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Aborts on the first interrupt, so that running steps finish and the state is saved; ends the process on the second. A terminal that is
 * closed meanwhile is no second one: nobody is there any more who is in a hurry.
 */
export class Interruption {
  private readonly controller = new AbortController();
  private readonly listener = (signal: NodeJS.Signals): void => this.interrupt(signal);

  /** @param commandLine gives the line that runs the command again */
  constructor(
    private readonly say: (line: string) => void,
    private readonly commandLine: () => string,
  ) {
    for (const signal of signals) process.on(signal, this.listener);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  stop(): void {
    for (const signal of signals) process.off(signal, this.listener);
  }

  private interrupt(signal: NodeJS.Signals): void {
    if (this.controller.signal.aborted) {
      if (signal === "SIGHUP") return;
      this.say(
        `cancelled by you; steps that were running may have happened or not, exit code ${exitCodes.cancelled}; run it again, which finds out:\n    ${this.commandLine()}`,
      );
      process.exit(exitCodes.cancelled);
    }
    this.say("cancelling: running steps finish and the state is saved; interrupt again to stop at once");
    this.controller.abort();
  }
}
