import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runtime } from "@pulumi/pulumi";
import { tagTransformation } from "../../components/tags/tag-transformation";
import { emulatedProviders } from "../../sandbox/clouds";
import type { ConfigValue, OperationKind, OperationResult } from "../../sandbox/engine/engine";
import { DiskStateStore, loadDeployment, runOperation } from "../../sandbox/engine/run-operation";
import { faultPlanSchema } from "../../sandbox/faults/fault-plan";
import { FaultSchedule, faultyProvider } from "../../sandbox/faults/faulty-provider";
import { loadProject } from "../../sandbox/project/project-file";
import { loadStackConfiguration } from "../../sandbox/project/stack-configuration";
import { MemoryWorld } from "../../sandbox/world/memory-world";
import { readWorldSeed } from "../../sandbox/world/seed";
import { dev } from "../../stacks/alai/dev";
import type { AlaiInventory } from "../../stacks/alai/inventory";
import { prod } from "../../stacks/alai/prod";
import { readStackConfiguration } from "../../stacks/stack-configuration";

const root = join(__dirname, "..", "..");
const compositions = { dev, prod };

export interface Lived {
  readonly result: OperationResult["result"];
  readonly changes: Readonly<Record<string, number>>;
  readonly messages: readonly string[];
}

/**
 * One of ALAI's stacks with an inventory of the test's own, deployed again and again: its state is on disk, as a user's is, so that
 * it can be killed. The world is in memory and outlives a kill.
 */
export class AlaiLife {
  readonly seed = readWorldSeed(join(root, "sandbox", "world.yaml"));
  readonly world = new MemoryWorld(this.seed);
  private directory = mkdtempSync(join(tmpdir(), "life-"));

  private constructor(
    private readonly stack: keyof typeof compositions,
    private readonly config: ReadonlyMap<string, ConfigValue>,
  ) {}

  /** @param lasting whether stateful resources are protected, as in a real environment */
  static async begin(stack: keyof typeof compositions, lasting: boolean): Promise<AlaiLife> {
    const { config } = await loadStackConfiguration(loadProject(root), stack, () => {
      throw new Error("nothing here is encrypted with a passphrase");
    });
    return new AlaiLife(stack, new Map([...config, ["landscape:lasting", { value: String(lasting), secret: false }]]));
  }

  up(inventory: AlaiInventory): Promise<Lived> {
    return this.run("up", inventory);
  }

  destroy(): Promise<Lived> {
    return this.run("destroy", undefined);
  }

  /**
   * An `up` that dies at a call to a cloud, before or after it took effect. From then on the dead process calls nobody, and the
   * next operation finds its state as it left it on disk. False when the `up` was over before that.
   */
  async upKilled(inventory: AlaiInventory, nth: number, when: "before" | "after"): Promise<boolean> {
    const plan = faultPlanSchema.parse({
      faults: (["create", "update", "delete"] as const).map((operation) => ({
        effect: "kill",
        type: "*",
        operation,
        nth,
        when,
      })),
    });
    let schedule: FaultSchedule | undefined;
    const killed = new Promise<boolean>((resolve) => {
      schedule = new FaultSchedule(plan, () => resolve(true));
    });
    const finished = this.run("up", inventory, schedule).then(() => false);
    const died = await Promise.race([killed, finished]);
    if (died) {
      this.moveStateAway();
      await schedule?.drained();
    }
    return died;
  }

  /** What `destroy --unprotect` does first. */
  async unprotect(): Promise<void> {
    const store = this.store();
    const document = await store.load();
    if (document === undefined) return;
    const resources = (document.deployment.resources ?? []).map(({ protect: _protect, ...resource }) => resource);
    await store.save({ ...document, deployment: { ...document.deployment, resources } });
  }

  async resources() {
    return (await loadDeployment(this.store()))?.resources ?? [];
  }

  end(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async run(
    kind: OperationKind,
    inventory: AlaiInventory | undefined,
    schedule?: FaultSchedule,
  ): Promise<Lived> {
    const messages: string[] = [];
    const emulated = emulatedProviders(this.world);
    const { result, changes } = await runOperation({
      kind,
      previewOnly: false,
      project: loadProject(root).project,
      ...(inventory === undefined ? {} : { program: { kind: "inline", run: () => this.program(inventory) } }),
      organization: "organization",
      stack: this.stack,
      config: this.config,
      provider: (name) => {
        const provider = emulated(name);
        return provider && schedule ? faultyProvider(provider, schedule) : provider;
      },
      policies: [],
      state: this.store(),
      stackOutputs: async () => undefined,
      targets: [],
      emit: ({ diagnosticEvent }) => {
        if (diagnosticEvent) messages.push(diagnosticEvent.message);
      },
      signal: new AbortController().signal,
    });
    return { result, changes, messages };
  }

  private program(inventory: AlaiInventory) {
    const configuration = readStackConfiguration();
    runtime.registerStackTransformation(tagTransformation(configuration.context));
    return compositions[this.stack](configuration, inventory);
  }

  private store(): DiskStateStore {
    return new DiskStateStore(this.directory, "landscape", this.stack);
  }

  /** The dead process's lock names this very process, which lives: the next operation works on a copy without it. */
  private moveStateAway(): void {
    const next = mkdtempSync(join(tmpdir(), "life-"));
    cpSync(this.directory, next, { recursive: true, filter: (path) => !path.endsWith(".lock") });
    this.directory = next;
  }
}
