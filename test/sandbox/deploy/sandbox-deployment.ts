import { join } from "node:path";
import type { EngineEvent } from "../../../deployment/engine-event";
import type { ConfigValue, OperationKind } from "../../../deployment/operation";
import type { PolicyAnalyzer } from "../../../deployment/policies/policy-analyzer";
import { type PropertyMap, revealMap } from "../../../deployment/values/property-value";
import { emulatedProviders } from "../../../sandbox/clouds";
import type { EngineResult, OperationRequest } from "../../../sandbox/engine/engine";
import type { ResourceState } from "../../../sandbox/engine/plan/resource-state";
import type { Provider } from "../../../sandbox/engine/provider";
import { loadDeployment, MemoryStateStore, runOperation } from "../../../sandbox/engine/run-operation";
import { type FaultSchedule, faultyProvider } from "../../../sandbox/faults/faulty-provider";
import { MemoryWorld, type World } from "../../../sandbox/world/world";

const repository = join(__dirname, "..", "..", "..");

/** A secret; `texts` where it is a map of which only these are. */
interface SecretValue {
  readonly secret: string;
  readonly texts?: readonly string[];
}

export interface SandboxOptions {
  /** A provider for each package the program uses. Default: the emulated clouds over {@link world}. */
  readonly providers?: (packageName: string) => Provider | undefined;
  /** What goes wrong in the next run. Default: nothing. */
  readonly faults?: () => FaultSchedule | undefined;
  /** The world that the emulated clouds share. Default: an empty one of this deployment's own. */
  readonly world?: World;
  /** Default: `test`. */
  readonly project?: string;
  /** Default: `dev`. */
  readonly stack?: string;
  /** Configuration by fully qualified key (`alai:environment`); a value in an object of its own is a secret. */
  readonly config?: Readonly<Record<string, string | SecretValue>>;
  readonly policies?: readonly PolicyAnalyzer[];
  /** Whether a failure leaves alone what does not need what failed. Default: false. */
  readonly continueOnError?: boolean;
  /** Outputs of other stacks by full name (`organization/project/stack`). */
  readonly stackOutputs?: Readonly<Record<string, PropertyMap>>;
}

export interface Deployed {
  readonly result: EngineResult["result"];
  readonly failure: EngineResult["failure"];
  /** Counts by operation: `{ create: 3 }`. */
  readonly changes: Readonly<Record<string, number>>;
  /** The stack's outputs, secrets in the clear. */
  readonly outputs: PropertyMap;
  readonly events: readonly EngineEvent[];
  /** What diagnostics said, one text each, in order. */
  readonly messages: readonly string[];
}

/** What an inline program may return: the stack's outputs. */
type Program = () => unknown;

/**
 * Deploys inline programs in a test. State is kept in memory between the calls, so a second `up` meets what the first made.
 *
 *     const sandbox = new SandboxDeployment();
 *     const first = await sandbox.up(() => { new BackupStore("backups", { … }); });
 *     expect(first.changes).toEqual({ create: 4 });
 */
export class SandboxDeployment {
  readonly world: World;
  private readonly store: MemoryStateStore;
  /** Types that the emulated clouds met and have no rules for. */
  private readonly unmodelled = new Set<string>();
  private readonly providers: (packageName: string) => Provider | undefined;

  constructor(private readonly options: SandboxOptions = {}) {
    this.world = options.world ?? new MemoryWorld();
    const clouds =
      options.providers ?? emulatedProviders(this.world, { onUnmodelledType: (type) => this.unmodelled.add(type) });
    this.providers = (name) => {
      const [provider, faults] = [clouds(name), options.faults?.()];
      return provider && faults ? faultyProvider(provider, faults) : provider;
    };
    this.store = new MemoryStateStore(options.stack ?? "dev");
  }

  preview(program: Program): Promise<Deployed> {
    return this.run("preview", program);
  }

  /** Fails the test when the deployment fails; see {@link tryUp}. */
  async up(program: Program): Promise<Deployed> {
    return succeeded(await this.run("up", program));
  }

  /**
   * Deploys twice, and fails when the second time changes anything, or when nobody models a type: of that, a second run that changes
   * nothing says nothing.
   *
   * @returns what the first run gave
   */
  async upTwice(program: Program): Promise<Deployed> {
    const first = await this.up(program);
    const second = await this.up(program);
    if (Object.keys(second.changes).some((operation) => operation !== "same")) {
      throw new Error(`the second run changed something: ${JSON.stringify(second.changes)}\n${steps(second.events)}`);
    }
    if (this.unmodelled.size > 0)
      throw new Error(
        `the sandbox does not emulate ${[...this.unmodelled].join(", ")}: docs/extending.md, "An emulated type"`,
      );
    return first;
  }

  /** An `up` that may fail. */
  tryUp(program: Program): Promise<Deployed> {
    return this.run("up", program);
  }

  refresh(): Promise<Deployed> {
    return this.run("refresh");
  }

  async destroy(): Promise<Deployed> {
    return succeeded(await this.run("destroy"));
  }

  tryDestroy(): Promise<Deployed> {
    return this.run("destroy");
  }

  /** The resources in the state, in order, with secrets marked. */
  async resources(): Promise<readonly ResourceState[]> {
    return (await loadDeployment(this.store))?.resources ?? [];
  }

  /** The state document as it would be on disk, secrets encrypted. */
  async stateText(): Promise<string> {
    return JSON.stringify(await this.store.load());
  }

  private async run(kind: OperationKind, program?: Program): Promise<Deployed> {
    const events: EngineEvent[] = [];
    const { changes, failure, outputs, result } = await runOperation(this.request(kind, program, events));
    const messages = events.flatMap(({ diagnosticEvent }) => (diagnosticEvent ? [diagnosticEvent.message] : []));
    return { result, failure, changes, outputs: revealMap(outputs), events, messages };
  }

  private request(kind: OperationKind, program: Program | undefined, events: EngineEvent[]): OperationRequest {
    const { project = "test", stack = "dev", config = {}, policies = [], stackOutputs = {} } = this.options;
    return {
      kind,
      previewOnly: false,
      project: { name: project, root: repository, main: repository },
      ...(program === undefined ? {} : { program: { kind: "inline", run: program } }),
      organization: "organization",
      stack,
      config: new Map(
        Object.entries(config).map(([key, value]) => [
          key,
          typeof value === "string" ? { value, secret: false } : secretConfig(value),
        ]),
      ),
      continueOnError: this.options.continueOnError ?? false,
      provider: this.providers,
      policies,
      state: this.store,
      stackOutputs: async (name) => stackOutputs[name],
      targets: [],
      emit: (event) => events.push(event),
      signal: new AbortController().signal,
    };
  }
}

function secretConfig({ secret, texts }: SecretValue): ConfigValue {
  return { value: secret, secret: true, ...(texts === undefined ? {} : { secretTexts: texts }) };
}

function succeeded(deployed: Deployed): Deployed {
  if (deployed.result === "succeeded") return deployed;
  const said = [...deployed.messages, ...policyMessages(deployed.events)].join("\n");
  throw new Error(`the deployment ${deployed.result} (${deployed.failure}):\n${said}`);
}

function policyMessages(events: readonly EngineEvent[]): string[] {
  return events.flatMap(({ policyEvent }) =>
    policyEvent ? [`${policyEvent.policyName}: ${policyEvent.message}`] : [],
  );
}

function steps(events: readonly EngineEvent[]): string {
  return events
    .flatMap(({ resourcePreEvent }) => (resourcePreEvent ? [resourcePreEvent.metadata] : []))
    .filter(({ op }) => op !== "same")
    .map(({ op, urn, diffs }) => `${op} ${urn} ${(diffs ?? []).join(", ")}`)
    .join("\n");
}
