import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type handleUnaryCall, Server, ServerCredentials, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import { LanguageHandshakeResponse } from "@pulumi/pulumi/proto/language_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import type { JsonObject } from "../../../lib/json-value";
import { ProviderService } from "../../../sandbox/bin/provider-service";
import { compareEvents, cutShort, type Needs } from "../../../sandbox/conformance/compare-events";
import { compareStates, needsIn, type OpenedState, openState } from "../../../sandbox/conformance/compare-state";
import type { OperationRequest } from "../../../sandbox/engine/engine";
import { unansweredImport } from "../../../sandbox/engine/plan/step-generator";
import { MemoryStateStore, runOperation } from "../../../sandbox/engine/run-operation";
import { pulumiEnvironment } from "../pulumi-environment";
import { type RandomProgram, runRandomProgram } from "./random-program";
import { TestProvider } from "./test-provider";

/** One operation on a stack: the program is what it is by then. */
export interface RandomStep {
  readonly kind: "preview" | "up" | "refresh" | "destroy";
  readonly program: RandomProgram;
  /** What fails leaves alone what does not need it: then it is no chance what was made. */
  readonly continueOnError: boolean;
}

/** What an operation told and left. */
interface Told {
  readonly exit: number;
  readonly events: readonly JsonObject[];
  /** A deployment document. */
  readonly state: string;
}

const repository = join(__dirname, "..", "..", "..");
const [project, stack, passphrase] = ["random", "dev", "conformance"];
/** Of the passphrase, so that every state has the same key: deriving one takes half a second. */
const salt = "v1:/LuwPAjHfh4=:v1:cy/Ya9DvRP+ykerU:X5HjR/AtoqAhgJAZUppIC3crdo4bfg==";

const manifest = {
  time: "2026-01-01T00:00:00Z",
  magic: "7dff0d166258e7f1d265e8e044021ea087795d58a0c6415ab6fe8b7c790e447f",
  version: "v3.260.0",
};
const empty = {
  version: 3 as const,
  deployment: { manifest, secrets_providers: { type: "passphrase", state: { salt } }, resources: [] },
};

/** The same stack on both engines, each with a state of its own. */
export class BothEngines {
  private readonly directory = mkdtempSync(join(tmpdir(), "both-engines-"));
  private readonly stateFile = join(this.directory, "backend", ".pulumi", "stacks", project, `${stack}.json`);
  private readonly store = new MemoryStateStore(stack);
  private before: OpenedState | undefined;

  constructor() {
    mkdirSync(join(this.directory, "backend", ".pulumi", "stacks", project), { recursive: true });
    writeFileSync(join(this.directory, "backend", ".pulumi", "meta.yaml"), "version: 1\n");
    writeFileSync(join(this.directory, "Pulumi.yaml"), `name: ${project}\nruntime: nodejs\n`);
    writeFileSync(join(this.directory, `Pulumi.${stack}.yaml`), `encryptionsalt: ${salt}\n`);
    const checkpoint = { stack: `organization/${project}/${stack}`, latest: empty.deployment };
    writeFileSync(this.stateFile, JSON.stringify({ version: 3, checkpoint }));
  }

  /** Runs a step on both, and returns in what they differ; empty when they do not, undefined when the real engine is at fault, or chance. */
  async run(step: RandomStep): Promise<string[] | undefined> {
    const emulated = await this.onSandbox(step);
    if (JSON.stringify(emulated.events).includes(unansweredImport)) return undefined;
    const real = await this.onRealEngine(step);
    // It leaves a component out, and then calls the outputs of that an error (docs/decisions/0035-where-the-engines-differ.md).
    if (JSON.stringify(real.events).includes("whose registration isn't pending")) return undefined;
    const [left, right] = [
      await openState(real.state, "the real engine"),
      await openState(emulated.state, "the sandbox"),
    ];
    const former = this.before === undefined ? {} : { formerNeeds: needsIn(this.before) };
    this.before = left;
    const anyOrder = step.kind === "refresh";
    const needs = stillNeeded(step, needsIn(left, right));
    const states = compareStates(left, right);
    const byChance = [...cutShort(real.events, needs)].map((urn) => `state of ${urn}`);
    // Where the states differ by chance, so may all that comes after.
    if (states.length > 0 && states.every((problem) => byChance.some((of) => problem.startsWith(of)))) return undefined;
    return [
      ...(real.exit === emulated.exit ? [] : [`exit: the real engine ${real.exit}, the sandbox ${emulated.exit}`]),
      ...compareEvents({ recorded: real.events, actual: emulated.events, anyOrder, needs, ...former }).filter(
        isNoChance,
      ),
      ...states,
    ];
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async onRealEngine({ kind, program, continueOnError }: RandomStep): Promise<Told> {
    const { cancel: _cancel, ...handlers } = new ProviderService(new TestProvider(), "1.0.0").handlers();
    // One service is every provider of the run: the end of one is not the end of the others.
    const provider = await serve(ResourceProviderService, handlers);
    const language = await serve(LanguageRuntimeService, inlineLanguage(program));
    const log = join(this.directory, "events.jsonl");
    rmSync(log, { force: true });
    const flags = ["--non-interactive", "--stack", stack, "--event-log", log, "--parallel", "16"];
    if (kind !== "preview") flags.push("--yes", "--skip-preview");
    if (kind === "up" && continueOnError) flags.push("--continue-on-error");
    if (kind === "destroy" && continueOnError) flags.push("--continue-on-error");
    if (kind !== "refresh" && kind !== "destroy") {
      flags.push(`--client=127.0.0.1:${language.port}`, "--exec-kind=auto.inline");
    }
    try {
      const exit = await run("pulumi", [kind, ...flags], this.directory, {
        ...pulumiEnvironment(join(this.directory, "backend")),
        PULUMI_CONFIG_PASSPHRASE: passphrase,
        PULUMI_DEBUG_COMMANDS: "true",
        PULUMI_DEBUG_LANGUAGES: `nodejs:${language.port}`,
        PULUMI_DEBUG_PROVIDERS: `test:${provider.port}`,
      });
      const { checkpoint } = JSON.parse(readFileSync(this.stateFile, "utf8"));
      const state = JSON.stringify({ version: 3, deployment: checkpoint.latest });
      return { exit, events: existsSync(log) ? eventsIn(log) : [], state };
    } finally {
      provider.close();
      language.close();
    }
  }

  private async onSandbox({ kind, program, continueOnError }: RandomStep): Promise<Told> {
    const events: JsonObject[] = [];
    const request: OperationRequest = {
      kind,
      previewOnly: false,
      project: { name: project, root: repository, main: repository },
      program: { kind: "inline", run: () => runRandomProgram(program) },
      organization: "organization",
      stack,
      config: new Map(),
      provider: (packageName) => (packageName === "test" ? new TestProvider() : undefined),
      policies: [],
      state: this.store,
      stackOutputs: async () => undefined,
      targets: [],
      continueOnError,
      emit: (event) => events.push(JSON.parse(JSON.stringify(event))),
      signal: new AbortController().signal,
    };
    process.env.PULUMI_CONFIG_PASSPHRASE = passphrase;
    if ((await this.store.load()) === undefined) await this.store.save(empty);
    const { result } = await runOperation(request);
    return { exit: result === "succeeded" ? 0 : 1, events, state: JSON.stringify(await this.store.load()) };
  }
}

/** In a state that a preview, or a failure, left as it was, something needs what it needs no more by the program: who comes first is chance. */
function stillNeeded({ kind, program }: RandomStep, needs: Needs): Needs {
  if (kind === "refresh" || kind === "destroy") return needs;
  const nameOf = (urn: string) => urn.split("::").at(-1);
  const saidOf = new Map(program.resources.map((resource) => [resource.name, JSON.stringify(resource)]));
  const isSaid = (urn: string, other: string) => {
    const said = saidOf.get(nameOf(urn) ?? "");
    return said === undefined || !saidOf.has(nameOf(other) ?? "") || said.includes(`"${nameOf(other)}"`);
  };
  return new Map([...needs].map(([urn, others]) => [urn, new Set([...others].filter((other) => isSaid(urn, other)))]));
}

/** In what the engines differ at the first step where they do. */
export async function differences(steps: readonly RandomStep[]): Promise<readonly string[]> {
  const both = new BothEngines();
  try {
    for (const [index, step] of steps.entries()) {
      const problems = await both.run(step);
      if (problems === undefined) return [];
      if (problems.length > 0) return [`step ${index} (${step.kind})`, ...problems];
    }
    return [];
  } finally {
    both.remove();
  }
}

/** The SDK's own language server for programs in this process, as the Automation API runs them. */
function inlineLanguage(program: RandomProgram): UntypedServiceImplementation {
  const load = createRequire(__filename);
  const { LanguageServer }: { LanguageServer: new (program: () => unknown) => UntypedServiceImplementation } = load(
    "@pulumi/pulumi/automation/server",
  );
  const handshake: handleUnaryCall<unknown, LanguageHandshakeResponse> = (_call, done) =>
    done(null, new LanguageHandshakeResponse());
  return Object.assign(new LanguageServer(() => runRandomProgram(program)), { handshake });
}

async function serve(service: Parameters<Server["addService"]>[0], handlers: UntypedServiceImplementation) {
  const server = new Server();
  server.addService(service, handlers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, close: () => server.forceShutdown() };
}

/** Milliseconds after which an engine that waits for ever is ended. */
const longestRun = 60_000;

function run(program: string, args: readonly string[], cwd: string, environment: Readonly<Record<string, string>>) {
  return new Promise<number>((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...environment },
      stdio: process.env.SHOW_PULUMI === undefined ? "ignore" : "inherit",
      timeout: longestRun,
      killSignal: "SIGKILL",
    });
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

/**
 * When a component says its outputs is chance: its children may come before or after. And how a summary counts reads is compared with
 * the other engine's summary.
 */
function isNoChance(problem: string): boolean {
  return !/^order of .*test:index:Group::/.test(problem) && !problem.startsWith("the summary against the events: read");
}

/** Without what tells of this machine and not of the program. */
function eventsIn(file: string): JsonObject[] {
  const lines = readFileSync(file, "utf8").split("\n");
  const events: JsonObject[] = lines.filter((line) => line !== "").map((line) => JSON.parse(line));
  return events.filter(({ diagnosticEvent }) => {
    const text = JSON.stringify(diagnosticEvent ?? "");
    return !text.includes('"severity":"debug"') && !text.includes("warning: {%reset%}using ");
  });
}
