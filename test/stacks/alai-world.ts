import { join } from "node:path";
import type { Inputs } from "@pulumi/pulumi";
import type { EngineEvent } from "../../deployment/engine-event";
import type { OperationKind, Project } from "../../deployment/operation";
import type { PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import { loadProject } from "../../deployment/project/project-file";
import { type PropertyMap, revealMap } from "../../deployment/values/property-value";
import { emulatedProviders } from "../../sandbox/clouds";
import type { EngineResult } from "../../sandbox/engine/engine";
import type { ResourceState } from "../../sandbox/engine/plan/resource-state";
import { loadDeployment, MemoryStateStore, readStackOutputs, runOperation } from "../../sandbox/engine/run-operation";
import { type FaultSchedule, faultyProvider } from "../../sandbox/faults/faulty-provider";
import { withoutElsewhere } from "../../sandbox/project/adopted-here";
import { loadedProgram } from "../../sandbox/project/rehearsal";
import { loadStackConfiguration } from "../../sandbox/project/sandbox-configuration";
import { MemoryWorld } from "../../sandbox/world/world";
import { installsOnMachines, stackDefinition, stackDefinitions } from "../../stacks/registry";
import { sandboxSeed } from "../sandbox/world/sandbox-seed";

export const repositoryRoot = join(__dirname, "..", "..");

/** One operation on one stack, as a test sees it. */
export interface StackRun {
  readonly result: EngineResult["result"];
  readonly changes: Readonly<Record<string, number>>;
  /** Whether the state stayed exactly as it was. */
  readonly unchanged: boolean;
  readonly outputs: PropertyMap;
  readonly events: readonly EngineEvent[];
  /** What diagnostics said, for a failing test's message. */
  readonly messages: readonly string[];
}

/** What a run is checked with, and what goes wrong in it. */
export interface RunConditions {
  /** What runs in place of the project's program. */
  readonly program?: () => Inputs | Promise<Inputs>;
  readonly policies?: readonly PolicyAnalyzer[];
  /** What does not depend on a failure is made none the less. Default: where the stack installs on machines. */
  readonly continueOnError?: boolean;
  /** One that earlier runs had goes on counting. */
  readonly faults?: FaultSchedule;
}

/** The project's own stacks, deployed to one emulated world in memory that starts as `sandbox/world.yaml` says. */
export class AlaiWorld {
  private static everything: Promise<AlaiWorld> | undefined;
  private readonly stores = new Map<string, MemoryStateStore>();

  /**
   * @param projectRoot another copy of the project, with an inventory of its own
   * @param world what there is before. Default: what the sandbox starts with
   */
  constructor(
    private readonly projectRoot: string = repositoryRoot,
    readonly world: MemoryWorld = new MemoryWorld(sandboxSeed()),
  ) {}

  /** A world of the caller's own with all stacks in it. They are deployed once in a process, for whoever asks. */
  static async deployed(): Promise<AlaiWorld> {
    AlaiWorld.everything ??= deployEverything();
    return (await AlaiWorld.everything).copy();
  }

  private async copy(): Promise<AlaiWorld> {
    const copy = new AlaiWorld(this.projectRoot, new MemoryWorld(this.world.objects()));
    for (const [stack, store] of this.stores) {
      const document = await store.load();
      if (document !== undefined) await copy.store(stack).save(document);
    }
    return copy;
  }

  /** Deploys the stacks that this one reads from, if they are not there yet, then this one. */
  async deploy(stack: string): Promise<StackRun> {
    for (const needed of stackDefinition(stack).readsFrom) {
      if ((await this.outputs(needed)) === undefined) await this.deploy(needed);
    }
    const run = await this.run("up", stack);
    if (run.result !== "succeeded") throw new Error(`${stack} ${run.result}:\n${run.messages.join("\n")}`);
    return run;
  }

  /** @param projectRoot another copy of the project. Default: the one that is deployed */
  preview(stack: string, projectRoot = this.projectRoot): Promise<StackRun> {
    return this.run("preview", stack, false, projectRoot);
  }

  async resources(stack: string): Promise<readonly ResourceState[]> {
    return (await loadDeployment(this.store(stack)))?.resources ?? [];
  }

  /**
   * @param previewOnly for `refresh` and `destroy`: change nothing
   * @param conditions what is checked and what goes wrong. Default: nothing
   */
  async run(
    kind: OperationKind,
    stack: string,
    previewOnly = false,
    projectRoot = this.projectRoot,
    conditions: RunConditions = {},
  ): Promise<StackRun> {
    const emulated = emulatedProviders(this.world);
    const { faults, program = loadedProgram(projectRoot) } = conditions;
    const project = loadProject(projectRoot);
    const written = await loadStackConfiguration(project, stack, () => {
      throw new Error("nothing here is encrypted with a passphrase");
    });
    const { config } = await withoutElsewhere(written, (ask) => ask(this.world));
    const events: EngineEvent[] = [];
    const { result, changes, outputs, unchanged } = await runOperation({
      kind,
      previewOnly,
      project: project.project satisfies Project,
      program: { kind: "inline", run: program },
      organization: "organization",
      stack,
      config,
      continueOnError: conditions.continueOnError ?? installsOnMachines(stack),
      provider: (name) => {
        const provider = emulated(name);
        return provider && faults ? faultyProvider(provider, faults) : provider;
      },
      policies: conditions.policies ?? [],
      state: this.store(stack),
      stackOutputs: (name) => this.outputs(name.split("/").at(-1) ?? name),
      targets: [],
      emit: (event) => events.push(event),
      signal: new AbortController().signal,
    });
    const messages = events.flatMap(({ diagnosticEvent }) => (diagnosticEvent ? [diagnosticEvent.message] : []));
    return { result, changes, unchanged, outputs: revealMap(outputs), events, messages };
  }

  /** The state as a Pulumi deployment; undefined for a stack that was never deployed. */
  exportedState(stack: string): Promise<unknown> {
    return this.store(stack).load();
  }

  private async outputs(stack: string): Promise<PropertyMap | undefined> {
    return this.stores.has(stack) ? readStackOutputs(this.store(stack)) : undefined;
  }

  private store(stack: string): MemoryStateStore {
    const store = this.stores.get(stack) ?? new MemoryStateStore(stack);
    this.stores.set(stack, store);
    return store;
  }
}

async function deployEverything(): Promise<AlaiWorld> {
  const alai = new AlaiWorld();
  for (const { name } of stackDefinitions) await alai.deploy(name);
  return alai;
}

/** A resource's logical name. */
export const logicalName = (urn: string) => urn.split("::").slice(3).join("::");
