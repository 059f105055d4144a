import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { processTree, signalProcess } from "./processes";

/** One loaded agent: starts its process, and starts it again as its property list says. */
export class RunningAgent {
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private lastStart = Number.NEGATIVE_INFINITY;
  private unloaded = false;
  private afterEnd: (() => void) | undefined;
  /** How often a process was started. */
  starts = 0;
  lastExit: string | undefined;

  /**
   * @param path the property list
   * @param environment what launchd itself gives every agent
   * @param started is told the id of each process, which is its process group's too
   */
  constructor(
    readonly definition: AgentDefinition,
    readonly path: string,
    private readonly environment: Readonly<Record<string, string>>,
    private readonly started: (pid: number) => void = () => {},
  ) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  load(): void {
    const { KeepAlive, RunAtLoad, StartInterval } = this.definition;
    if (RunAtLoad || KeepAlive === true) this.start();
    else if (StartInterval !== undefined) this.startIn(StartInterval);
  }

  /** Starts the process now unless it runs. `ThrottleInterval` delays automatic restarts only. */
  start(): void {
    if (this.child !== undefined || this.unloaded) return;
    clearTimeout(this.timer);
    const { definition } = this;
    const [program = "", ...args] = definition.ProgramArguments;
    const output = openLog(definition.StandardOutPath);
    const errors = openLog(definition.StandardErrorPath);
    this.starts += 1;
    this.lastStart = Date.now();
    // A process group of its own: launchd ends what is left of the group when its leader ends.
    const child = spawn(program, args, {
      detached: true,
      stdio: ["ignore", output ?? "ignore", errors ?? "ignore"],
      env: { ...this.environment, ...definition.EnvironmentVariables },
      ...(definition.WorkingDirectory === undefined ? {} : { cwd: definition.WorkingDirectory }),
    });
    for (const file of [output, errors]) if (file !== undefined) closeSync(file);
    this.child = child;
    if (child.pid !== undefined) this.started(child.pid);
    child.on("error", (error) => this.handleEnd(child, error.message));
    child.on("exit", (code, signal) => this.handleEnd(child, signal ?? String(code)));
  }

  /** Calls this once when the process that runs now has ended, instead of what the property list says. */
  whenEnded(next: () => void): void {
    this.afterEnd = next;
  }

  signal(signal: NodeJS.Signals): boolean {
    if (this.pid === undefined) return false;
    signalProcess(this.pid, signal);
    return true;
  }

  /** Ends it for good: SIGTERM, and SIGKILL after `ExitTimeOut`. */
  async unload(): Promise<void> {
    this.unloaded = true;
    clearTimeout(this.timer);
    const { child } = this;
    if (child === undefined) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    this.signal("SIGTERM");
    const impatience = setTimeout(() => this.signal("SIGKILL"), this.definition.ExitTimeOut * 1000);
    await gone;
    clearTimeout(impatience);
  }

  /** As a power cut: the process and all its descendants, whatever group they are in, end at once. */
  async crash(): Promise<void> {
    this.unloaded = true;
    clearTimeout(this.timer);
    const { child, pid } = this;
    if (child === undefined || pid === undefined) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    for (const each of processTree([pid])) signalProcess(each, "SIGKILL");
    await gone;
  }

  private handleEnd(child: ChildProcess, how: string): void {
    if (this.child !== child) return;
    if (child.pid !== undefined) signalProcess(-child.pid, "SIGKILL");
    this.child = undefined;
    this.lastExit = how;
    if (this.unloaded) return;
    const { afterEnd } = this;
    this.afterEnd = undefined;
    if (afterEnd === undefined) this.followList(how);
    else afterEnd();
  }

  private followList(how: string): void {
    const { KeepAlive, StartInterval, ThrottleInterval } = this.definition;
    const again = typeof KeepAlive === "boolean" ? KeepAlive : KeepAlive.SuccessfulExit === (how === "0");
    if (again) this.startIn(Math.max(0, (this.lastStart - Date.now()) / 1000 + ThrottleInterval));
    else if (StartInterval !== undefined) this.startIn(StartInterval);
  }

  private startIn(seconds: number): void {
    this.timer = setTimeout(() => this.start(), seconds * 1000);
  }
}

function openLog(path: string | undefined): number | undefined {
  if (path === undefined) return undefined;
  mkdirSync(dirname(path), { recursive: true });
  return openSync(path, "a");
}

/** How launchd keeps an agent: always, or only after it failed. */
const keepAliveSchema = z.union([z.boolean(), z.strictObject({ SuccessfulExit: z.boolean() })]);

/**
 * The part of a launchd property list that the fake launchd follows. Other keys are refused: launchd would do something with them that
 * a drill had then not shown.
 */
const agentSchema = z.strictObject({
  Label: z.string().min(1),
  ProgramArguments: z.array(z.string()).min(1),
  EnvironmentVariables: z.record(z.string(), z.string()).optional(),
  WorkingDirectory: z.string().optional(),
  KeepAlive: keepAliveSchema.default(false),
  RunAtLoad: z.boolean().default(false),
  StartInterval: z.number().positive().optional(),
  ThrottleInterval: z.number().nonnegative().default(10),
  ExitTimeOut: z.number().positive().default(20),
  StandardOutPath: z.string().optional(),
  StandardErrorPath: z.string().optional(),
  Umask: z.number().int().optional(),
  AbandonProcessGroup: z.literal(false).optional(),
  // These change how macOS schedules a process, and nothing that a drill measures.
  ProcessType: z.string().optional(),
  Nice: z.number().optional(),
  LowPriorityIO: z.boolean().optional(),
  LimitLoadToSessionType: z.union([z.string(), z.array(z.string())]).optional(),
  SoftResourceLimits: z.record(z.string(), z.number()).optional(),
  HardResourceLimits: z.record(z.string(), z.number()).optional(),
});
type AgentDefinition = z.output<typeof agentSchema>;

/** A property list that the fake launchd cannot use. The message names the file and everything that is wrong in it. */
export class AgentDefinitionError extends Error {
  override name = "AgentDefinitionError";
}

/** Reads a launchd property list. @throws {AgentDefinitionError} */
export async function readAgentDefinition(path: string): Promise<AgentDefinition> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new AgentDefinitionError(`${path}: cannot be read`, { cause });
  });
  return parseAgentDefinition(text, path);
}

/** @param path for messages */
export async function parseAgentDefinition(text: string, path: string): Promise<AgentDefinition> {
  const { parse } = await import("plist");
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    throw new AgentDefinitionError(`${path}: is no property list`, { cause });
  }
  const parsed = agentSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path: keys, message }) => `  ${keys.join(".") || "(all)"}: ${message}`);
  throw new AgentDefinitionError([`${path}: the drill's fake launchd cannot use it:`, ...problems].join("\n"));
}
