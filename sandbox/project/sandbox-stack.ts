import { existsSync, rmSync } from "node:fs";
import type { EngineEvent } from "../../deployment/engine-event";
import type { OperationKind } from "../../deployment/operation";
import { loadPolicyPack } from "../../deployment/policies/load-policy-pack";
import type { PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import { ProjectError, StackNotFoundError } from "../../deployment/project/project-error";
import { loadProject, type ProjectFile } from "../../deployment/project/project-file";
import { listStackFiles, stackFilePath } from "../../deployment/project/pulumi-stack-file";
import type { PropertyMap } from "../../deployment/values/property-value";
import { environmentSecrets, type SecretTexts } from "../../deployment/values/secret-texts";
import { emulatedProviders } from "../clouds";
import { EmulatedContainerApps } from "../clouds/azure-native/app/container-app-calls";
import { EmulatedAlertProcessing } from "../clouds/azure-native/monitor/alert-processing";
import { EmulatedAlertTester } from "../clouds/emulated-alert-tester";
import { EmulatedReadings } from "../clouds/emulated-readings";
import { EmulatedSecrets } from "../clouds/emulated-secrets";
import { EmulatedSites } from "../clouds/emulated-sites";
import { EmulatedTakeover } from "../clouds/emulated-takeover";
import { type EngineResult, versionProblem } from "../engine/engine";
import { loadProjectSdk } from "../engine/program/project-sdk";
import type { Provider } from "../engine/provider";
import { DiskStateStore, readStackOutputs, runOperation } from "../engine/run-operation";
import { PassphraseCipher } from "../engine/state/passphrase-cipher";
import { statePassphrase } from "../engine/state/state-store";
import { FaultSchedule, faultyProvider, requestedFaults, retryingProvider } from "../faults/faulty-provider";
import type { DiskWorld } from "../world/disk-world";
import { openWorld } from "../world/open-world";
import { WorldInventory } from "../world/world-inventory";
import { withoutElsewhere } from "./adopted-here";
import { plainOutputs } from "./plain-outputs";
import { loadStackConfiguration, type SandboxConfiguration } from "./sandbox-configuration";
import { askProjectWorld, makeSandboxDirectory, stateDirectory } from "./sandbox-directory";

/** The organisation in stack references, as with the real engine's file backend. */
const organization = "organization";

export interface SandboxStackOptions {
  /** A directory of the project. */
  readonly directory: string;
  readonly stack: string;
  /** Directories of the packs that previews and updates are checked with. */
  readonly policyPacks: readonly string[];
}

export interface SandboxOperation {
  readonly kind: OperationKind;
  readonly previewOnly: boolean;
  readonly targets: readonly string[];
  /** For `destroy`: URNs that are deleted although they are protected. Default: none. */
  readonly unprotected?: readonly string[];
  /** Whether a failure leaves alone what does not need what failed. Default: false. */
  readonly continueOnError?: boolean;
  readonly emit: (event: EngineEvent) => void;
  readonly signal: AbortSignal;
}

/** One stack of a project on the emulated clouds. Its state and the world are under `.sandbox/` of the project, unless `SANDBOX_DIRECTORY` says where. */
export class SandboxStack {
  /** Types met that the emulated clouds keep as generic objects. */
  readonly unmodelledTypes = new Set<string>();
  private world: Promise<DiskWorld> | undefined;

  private constructor(
    private readonly file: ProjectFile,
    private readonly options: SandboxStackOptions,
    private readonly configuration: SandboxConfiguration,
    private readonly store: DiskStateStore,
  ) {}

  /**
   * Opens a stack that has a file or a state.
   *
   * @throws {@link StackNotFoundError} when it has neither, `ProjectError` with everything that is wrong in the project's files
   */
  static async open(options: SandboxStackOptions): Promise<SandboxStack> {
    const file = loadProject(options.directory);
    const { stack } = options;
    const store = new DiskStateStore(stateDirectory(file.project.root), file.project.name, stack);
    const stackFile = stackFilePath(file, stack);
    if (!existsSync(stackFile) && !existsSync(store.location)) {
      throw new StackNotFoundError(stack, listStackFiles(file), stackFile);
    }
    const written = await loadStackConfiguration(file, stack, openConfigCipher);
    const configuration = await withoutElsewhere(written, (ask) => askProjectWorld(file.project.root, ask));
    return new SandboxStack(file, options, configuration, store);
  }

  /** Worth telling before anything is done. */
  get notices(): readonly string[] {
    const { fakeSecrets, elsewhere = [] } = this.configuration;
    return [
      [fakeSecrets, "fake values for secrets that only the real engine can decrypt"] as const,
      [elsewhere, "made here, where nothing is there to be taken over"] as const,
    ].flatMap(([names, what]) => (names.length === 0 ? [] : [`${what}: ${names.join(", ")}`]));
  }

  /** The stack's configuration by qualified name, as the program gets it: secrets are not masked. */
  get configurationValues(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.configuration.config].map(([key, { value }]) => [key, value]));
  }

  /** @throws `ProjectError` when the project wants another version of Pulumi than the sandbox stands for */
  async run(operation: SandboxOperation): Promise<EngineResult> {
    try {
      return await this.runOpened(operation);
    } catch (error) {
      throw this.secrets().maskedError(error);
    }
  }

  private async runOpened(operation: SandboxOperation): Promise<EngineResult> {
    const { requiredVersion } = this.file;
    const refusal = requiredVersion && versionProblem(requiredVersion.range);
    if (refusal) throw new ProjectError([requiredVersion.problem(refusal)]);
    const opening = this.openWorld();
    // A failure is told below, also when something else fails first.
    opening.catch(() => {});
    const runsProgram = operation.kind === "preview" || operation.kind === "up";
    // Loading the SDK takes as long as deriving the keys of world and state, which other threads do meanwhile.
    if (runsProgram) loadProjectSdk(this.file.project.root);
    const policies = runsProgram ? await this.loadPolicies(operation.kind === "preview") : [];
    const world = await opening;
    try {
      const ended = await runOperation({
        ...operation,
        project: this.file.project,
        organization,
        stack: this.options.stack,
        config: this.configuration.config,
        provider: this.providers(world),
        policies,
        state: this.store,
        stackOutputs: (name) => this.outputsOf(name),
      });
      if (!operation.previewOnly && operation.kind !== "preview") this.store.recordUpdate(operation.kind, ended.result);
      return ended;
    } finally {
      for (const policy of policies) await policy.close();
    }
  }

  /** Outputs with secrets as `[secret]` unless asked for; undefined when the stack was never deployed. */
  async outputs(showSecrets: boolean): Promise<Readonly<Record<string, unknown>> | undefined> {
    const outputs = await readStackOutputs(this.store);
    if (outputs === undefined) return undefined;
    const plain = plainOutputs(outputs, showSecrets);
    if (showSecrets) return plain;
    return this.secrets().maskedValue(plain);
  }

  /** The state as a Pulumi deployment, secrets encrypted; undefined when the stack was never deployed. */
  exportedState(): Promise<unknown> {
    return this.store.load();
  }

  /** What the state was after each of the last operations. */
  get states() {
    const { store } = this;
    return {
      list: async () => store.updates(),
      read: async (id: string) => store.readVersion(id),
      restore: (deployment: unknown) => store.restore(deployment),
    };
  }

  async protectedResources(): Promise<readonly string[]> {
    const document = await this.store.load();
    const resources = document?.deployment.resources ?? [];
    return resources.filter((resource) => resource.protect === true).map((resource) => resource.urn);
  }

  /** @throws StackLocked when another operation works on the stack */
  async requireUnlocked(): Promise<void> {
    makeSandboxDirectory(this.file.project.root);
    const unlock = await this.store.lock("lock check");
    await unlock();
  }

  /** Who changed the stack last, and who works on it now. */
  get updates() {
    return { last: async () => this.store.updates()[0], lockOwner: async () => this.store.lockOwner() };
  }

  /** Removes the state and the stack's file. */
  async forget(): Promise<void> {
    const unlock = await this.store.lock("remove");
    try {
      await this.store.remove();
      rmSync(stackFilePath(this.file, this.options.stack), { force: true });
    } finally {
      await unlock();
    }
  }

  /** The traffic of the emulated container apps, and runs of jobs. */
  get containerApps(): EmulatedContainerApps {
    return new EmulatedContainerApps(() => this.openWorld());
  }

  /** What the emulated clouds do when a region is taken over. */
  get takeover(): EmulatedTakeover {
    return new EmulatedTakeover(() => this.openWorld());
  }

  /** What the emulated clouds say of things that a stack deployed. */
  get readings(): EmulatedReadings {
    return new EmulatedReadings(() => this.openWorld());
  }

  /** What the emulated clouds do when alerts are tried. */
  get alertTester(): EmulatedAlertTester {
    return new EmulatedAlertTester(() => this.openWorld());
  }

  /** What the emulated clouds do with what keeps alerts back. */
  get alertProcessing(): EmulatedAlertProcessing {
    return new EmulatedAlertProcessing(() => this.openWorld());
  }

  /** What the emulated clouds do when a secret is set. */
  get secretCloud(): EmulatedSecrets {
    return new EmulatedSecrets(() => this.openWorld());
  }

  /** What the emulated clouds and a visitor see while a site moves. */
  get siteCloud(): EmulatedSites {
    return new EmulatedSites(() => this.openWorld());
  }

  /** What exists in the emulated clouds, whoever made it. */
  get inventory(): WorldInventory {
    return new WorldInventory(async () => (await this.openWorld()).objects());
  }

  async close(): Promise<void> {
    (await this.world)?.close();
  }

  private secrets(): SecretTexts {
    const texts = environmentSecrets();
    texts.addConfiguration(this.configuration.config.values());
    return texts;
  }

  private openWorld(): Promise<DiskWorld> {
    this.world ??= openWorld(makeSandboxDirectory(this.file.project.root));
    return this.world;
  }

  /** The emulated clouds, behind clients that retry when throttled and, on request, faults that hit them. */
  private providers(world: DiskWorld): (packageName: string) => Provider | undefined {
    const emulated = emulatedProviders(world, { onUnmodelledType: (type) => void this.unmodelledTypes.add(type) });
    const plan = requestedFaults(process.env);
    const schedule = plan === undefined ? undefined : new FaultSchedule(plan);
    return (packageName) => {
      const cloud = emulated(packageName);
      if (cloud === undefined) return undefined;
      return retryingProvider(schedule === undefined ? cloud : faultyProvider(cloud, schedule));
    };
  }

  private loadPolicies(dryRun: boolean): Promise<PolicyAnalyzer[]> {
    const { stack, policyPacks } = this.options;
    const project = this.file.project.name;
    const config = new Map([...this.configuration.config].map(([key, { value }]) => [key, value]));
    const context = { organization, project, stack, dryRun, config };
    return Promise.all(policyPacks.map((directory) => loadPolicyPack(directory, context)));
  }

  /** @param name `organization/project/stack`, `project/stack` or `stack` */
  private async outputsOf(name: string): Promise<PropertyMap | undefined> {
    const parts = name.split("/");
    const stack = parts.at(-1) ?? name;
    const project = parts.at(-2) ?? this.file.project.name;
    return readStackOutputs(new DiskStateStore(stateDirectory(this.file.project.root), project, stack));
  }
}

async function openConfigCipher(salt: string) {
  const cipher = await PassphraseCipher.open(statePassphrase(), salt, "the stack's encryptionsalt");
  return { decrypt: cipher.decode };
}
