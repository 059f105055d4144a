import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runtime } from "@pulumi/pulumi";
import { stackTransformation } from "../../components/context/stack-transformation";
import type { ConfigValue, OperationKind } from "../../deployment/operation";
import { loadProject } from "../../deployment/project/project-file";
import { emulatedProviders } from "../../sandbox/clouds";
import type { EngineResult } from "../../sandbox/engine/engine";
import { DiskStateStore, loadDeployment, runOperation } from "../../sandbox/engine/run-operation";
import { FaultSchedule, faultPlanSchema, faultyProvider } from "../../sandbox/faults/faulty-provider";
import { withoutElsewhere } from "../../sandbox/project/adopted-here";
import { loadStackConfiguration } from "../../sandbox/project/sandbox-configuration";
import type { DiskWorld } from "../../sandbox/world/disk-world";
import { openWorld } from "../../sandbox/world/open-world";
import { dev } from "../../stacks/alai/dev";
import { prod } from "../../stacks/alai/prod";
import { alaiSettings } from "../../stacks/alai/settings";
import { stackDefinition } from "../../stacks/registry";
import { readStackConfiguration } from "../../stacks/stack-configuration";
import { typescriptLoader } from "../cli/run-command";
import { sandboxSeed } from "../sandbox/world/sandbox-seed";
import { inventoryOf, type Variation } from "./alai-inventories";

const root = join(__dirname, "..", "..");
const compositions = { dev, prod };

/** The environments that a variation of the inventory can be deployed to. */
export type StackName = keyof typeof compositions;

export interface Lived {
  readonly result: EngineResult["result"];
  readonly changes: Readonly<Record<string, number>>;
  readonly messages: readonly string[];
}

/** The call to a cloud at which a process dies, and whether it took effect. */
export interface Death {
  readonly nth: number;
  readonly when: "before" | "after";
}

/** One of ALAI's stacks with variations of its inventory, deployed again and again. State and world are on disk, as a user's are. */
export class AlaiLife {
  readonly seed = sandboxSeed();

  private constructor(
    readonly stack: StackName,
    readonly directory: string,
    private readonly world: DiskWorld,
    private readonly config: Map<string, ConfigValue>,
  ) {}

  /**
   * @param lasting whether stateful resources are protected, as in a real environment
   * @param directory where state and world are; default: a new place, with the seeded world
   */
  static async begin(stack: StackName, lasting: boolean, directory = mkdtempSync(join(tmpdir(), "life-"))) {
    const written = await loadStackConfiguration(loadProject(root), stack, () => {
      throw new Error("nothing here is encrypted with a passphrase");
    });
    const world = await openWorld(directory);
    const { config } = await withoutElsewhere(written, (ask) => ask(world));
    const life = new AlaiLife(stack, directory, world, new Map(config));
    life.set("lasting", String(lasting));
    return life;
  }

  /** Changes a setting of the stack, as in `Pulumi.<stack>.yaml`. */
  set(key: string, value: string): void {
    this.config.set(`landscape:${key}`, { value, secret: false });
  }

  up(variation: Variation, death?: Death): Promise<Lived> {
    return this.run("up", variation, death);
  }

  destroy(): Promise<Lived> {
    return this.run("destroy");
  }

  /** An `up` in a process of its own, which is killed at a call to a cloud. False when it was over before that. */
  async upKilled(variation: Variation, death: Death): Promise<boolean> {
    const job = JSON.stringify({ stack: this.stack, directory: this.directory, variation, death });
    const script = join(__dirname, "up-until-death.ts");
    const child = spawn(process.execPath, ["--require", typescriptLoader, script, job], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const [code, signal] = await once(child, "exit");
    if (signal !== "SIGKILL" && code !== 0) throw new Error(`the process to be killed ended with ${code}`);
    return signal === "SIGKILL";
  }

  /** What `destroy --unprotect` does first. */
  async unprotect(): Promise<void> {
    const document = await this.store().load();
    if (document === undefined) return;
    const resources = (document.deployment.resources ?? []).map(({ protect: _protect, ...resource }) => resource);
    await this.store().save({ ...document, deployment: { ...document.deployment, resources } });
  }

  async resources() {
    return (await loadDeployment(this.store()))?.resources ?? [];
  }

  objects() {
    return this.world.objects();
  }

  end(): void {
    this.world.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async run(kind: OperationKind, variation?: Variation, death?: Death): Promise<Lived> {
    const messages: string[] = [];
    const schedule = death === undefined ? undefined : new FaultSchedule(killingPlan(death));
    const emulated = emulatedProviders(this.world);
    const { result, changes } = await runOperation({
      kind,
      previewOnly: false,
      project: loadProject(root).project,
      ...(variation === undefined ? {} : { program: { kind: "inline", run: () => this.program(variation) } }),
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

  private program(variation: Variation) {
    const configuration = readStackConfiguration(stackDefinition(this.stack), alaiSettings[this.stack]);
    runtime.registerStackTransformation(stackTransformation(configuration.context));
    return compositions[this.stack](configuration, inventoryOf(variation, this.stack));
  }

  private store(): DiskStateStore {
    return new DiskStateStore(join(this.directory, "state"), "landscape", this.stack);
  }
}

function killingPlan({ nth, when }: Death) {
  const operations = ["create", "update", "delete"] as const;
  return faultPlanSchema.parse({
    faults: operations.map((operation) => ({ effect: "kill", type: "*", operation, nth, when })),
  });
}
