import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { format } from "node:util";
import type { ConfigValue, Project } from "../../../deployment/operation";
import type { EventStream, Severity } from "../events/event-stream";
import type { GapWatch } from "./emulation-gaps";
import { ProgramEnd } from "./program-end";
import { ProgramErrors } from "./program-errors";
import {
  findProgramMain,
  forgetProgramModules,
  loadProgramMain,
  prepareTypeScript,
  watchProgramModules,
} from "./program-main";
import { loadProjectSdk, type ProjectSdk, quietDiagnostics, type SdkStore } from "./project-sdk";

export interface ProgramRun {
  readonly source: ProgramSource;
  readonly project: Project;
  readonly stack: string;
  readonly organization: string;
  readonly config: ReadonlyMap<string, ConfigValue>;
  readonly dryRun: boolean;
  readonly monitor: object;
  readonly events: EventStream;
  /** Notes what the program asks that the emulated clouds lack. */
  readonly gaps: GapWatch;
  /** Whether the engine has answered everything it was asked. */
  readonly isIdle: () => boolean;
  /** Resolves when the engine will answer no more: the program is then left where it is. */
  readonly stopped: Promise<void>;
}

let runs = 0;

/**
 * Runs a program in this process, with a store of its own in the SDK, and waits until everything it started is answered.
 * @returns whether it ended without an error of its own
 */
export async function runProgram(run: ProgramRun): Promise<boolean> {
  const sdk = loadProjectSdk(run.project.root);
  quietDiagnostics(sdk);
  runs += 1;
  const errors = new ProgramErrors(sdk, programName(run), (message, urn) =>
    run.events.diagnostic("error", message, urn),
  );
  const engine = new EngineClient((severity, message, urn) => run.events.diagnostic(severity, message, urn));
  errors.listen();
  const leave = run.source.kind === "project" ? enterProject(run) : () => {};
  try {
    await withOwnStore(sdk, (store) => runIsolated(sdk, run, store, engine, errors));
  } finally {
    leave();
    await errors.stop();
  }
  return !errors.failed;
}

/** @returns whether the program was left before its end */
async function runIsolated(
  sdk: ProjectSdk,
  run: ProgramRun,
  store: SdkStore,
  engine: EngineClient,
  errors: ProgramErrors,
): Promise<boolean> {
  const { project, stack, organization, dryRun, monitor, stopped } = run;
  sdk.settings.setMockOptions(monitor, project.name, stack, dryRun, organization);
  store.settings.engine = engine;
  store.settings.options.rootDirectory = project.root;
  setConfig(sdk, run.config);
  const end = new ProgramEnd(errors);
  const stopWatching = run.gaps.watch(sdk);
  const restoreConsole = captureConsole((severity, message) => run.events.diagnostic(severity, message));
  try {
    const left = Promise.race([stopped, end.early, quietAfterError(run, errors)]).then(() => true);
    return await Promise.race([left, wholeProgram(sdk, run, errors, end).then(() => false)]);
  } finally {
    end.stop();
    stopWatching();
    restoreConsole();
    sdk.settings.disconnectSync();
  }
}

async function wholeProgram(sdk: ProjectSdk, run: ProgramRun, errors: ProgramErrors, end: ProgramEnd): Promise<void> {
  try {
    await sdk.stack.runInPulumiStack(() => (run.source.kind === "inline" ? run.source.run() : runMain(run)));
  } catch (error) {
    errors.handle(error);
  }
  await end.nothingLeft(
    () => sdk.settings.waitForRPCs(),
    run.isIdle,
    (message) => run.events.diagnostic("info", message),
  );
  if (!run.dryRun || errors.failed) return;
  for (const problem of run.gaps.functionProblems()) errors.fail(problem);
}

/** How often the engine must be found idle, and how many milliseconds apart, before a failed program counts as ended. */
const quiet = { checks: 10, apart: 20 };

/**
 * After an error that nobody caught, resources may wait for ever for a value that will not come. As a process would end then for
 * want of anything to do, so the program ends here once it asks nothing more.
 */
async function quietAfterError(run: ProgramRun, errors: ProgramErrors): Promise<void> {
  await errors.first;
  for (let idle = 0; idle < quiet.checks; idle = run.isIdle() ? idle + 1 : 0) await delay(quiet.apart);
}

async function runMain({ project }: ProgramRun): Promise<unknown> {
  const main = findProgramMain(project.main);
  prepareTypeScript(main);
  return loadProgramMain(main, runs);
}

/** Runs in the project's directory, with modules of its own; call the result to leave it. */
function enterProject({ project }: ProgramRun): () => void {
  const previous = process.cwd();
  forgetProgramModules();
  const stopWatching = watchProgramModules();
  process.chdir(
    existsSync(project.main) && statSync(project.main).isDirectory() ? project.main : dirname(project.main),
  );
  return () => {
    stopWatching();
    process.chdir(previous);
  };
}

function setConfig(sdk: ProjectSdk, config: ReadonlyMap<string, ConfigValue>): void {
  const values: Record<string, string> = {};
  const secretKeys: string[] = [];
  for (const [key, { value, secret }] of config) {
    values[key] = value;
    if (secret) secretKeys.push(key);
  }
  sdk.config.setAllConfig(values, secretKeys);
}

function programName({ source, project }: ProgramRun): string | undefined {
  return source.kind === "inline" ? undefined : project.main;
}

/** Where a program comes from. */
export type ProgramSource =
  | { readonly kind: "project" }
  /** A function that makes resources and returns the stack's outputs, for tests. */
  | { readonly kind: "inline"; readonly run: () => unknown };

interface LogRequest {
  getSeverity(): number;
  getMessage(): string;
  getUrn(): string;
}

type Answer = (error: null, answer: object) => void;

const severities: readonly Severity[] = ["debug", "info", "warning", "error"];

/** The engine as the SDK calls it. An error that the program logs is told and fails nothing, as with the real engine. */
class EngineClient {
  constructor(private readonly tell: (severity: Severity, message: string, urn: string) => void) {}

  log(request: LogRequest, answer: Answer): void {
    const severity = severities[request.getSeverity()] ?? "info";
    if (severity !== "debug") this.tell(severity, request.getMessage(), request.getUrn());
    answer(null, {});
  }

  setRootResource(_request: object, answer: Answer): void {
    answer(null, {});
  }

  close(): void {}
}

type Tell = (severity: "info" | "info#err", message: string) => void;

const methods = { log: "info", info: "info", debug: "info", warn: "info#err", error: "info#err" } as const;
type Method = keyof typeof methods;

/**
 * Turns what a program prints into diagnostics, as the real engine does, so that nothing mixes with a command's own output,
 * which does not go through `console`. Call the result to stop.
 */
function captureConsole(tell: Tell): () => void {
  const originals = new Map<Method, (...args: unknown[]) => void>();
  for (const method of Object.keys(methods) as Method[]) {
    originals.set(method, console[method]);
    console[method] = (...args: unknown[]) => tell(methods[method], format(...args));
  }
  return () => {
    for (const [method, original] of originals) console[method] = original;
  };
}

let abandoned = false;

/**
 * Gives a run a store of its own in the SDK, where that keeps its settings and its connection to the engine.
 *
 * A run normally gets it as the process's global store: stores that follow asynchronous calls cost a third more time on Node 20.
 * Once a program was abandoned in this process, later ones get theirs by asynchronous context, so that whatever the abandoned one
 * still does keeps meeting the old, closed engine.
 *
 * @param run returns whether the program was abandoned before its end
 */
async function withOwnStore(sdk: ProjectSdk, run: (store: SdkStore) => Promise<boolean>): Promise<void> {
  if (abandoned) {
    await sdk.state.withLocalStorage(() => run(sdk.state.getStore()));
    return;
  }
  const store = new sdk.state.LocalStore();
  const previous = globalThis.globalStore;
  // Packages make themselves known once, when they are loaded.
  if (previous !== undefined) {
    store.resourcePackages = previous.resourcePackages;
    store.resourceModules = previous.resourceModules;
  }
  globalThis.globalStore = store;
  abandoned = await run(store);
}
