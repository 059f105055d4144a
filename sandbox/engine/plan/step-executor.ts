import { setImmediate as nextTurn } from "node:timers/promises";
import { type PropertyMap, type PropertyValue, Secret } from "../../../deployment/values/property-value";
import type { StepReporter } from "../events/step-reporter";
import { ServiceError } from "../provider";
import type { StepOutcome, StepRecorder } from "../state/state-store";
import type { ResourceState } from "./resource-state";
import { type ResourceStep, StepFailure } from "./step";
import type { StepChain } from "./step-generator";

/** What the executor tells of its work. */
export interface ExecutorHooks {
  /** A step is done and may get its outputs later. */
  readonly applied: (step: ResourceStep) => void;
  readonly failed: (step: ResourceStep, error: unknown) => void;
  /** Planning the rest of a chain went wrong. */
  readonly planningFailed: (error: unknown, urn: string) => void;
}

/** Steps that take outputs over as they are: their old ones and their new ones are the same. */
const sharingOutputs: ReadonlySet<string> = new Set(["same", "import", "import-replacement"]);

/** Applies chains of steps, independent chains at the same time. */
export class StepExecutor {
  /** Steps that failed. */
  readonly errored: ResourceStep[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly waiting: (() => void)[] = [];
  private free: number;
  private stopped = false;

  /** @param parallel how many chains may run at once */
  constructor(
    private readonly reporter: StepReporter,
    private readonly recorder: StepRecorder,
    parallel: number,
    private readonly hooks: ExecutorHooks,
  ) {
    this.free = parallel;
  }

  start(chain: StepChain): void {
    const run = this.run(chain).finally(() => this.running.delete(run));
    this.running.add(run);
  }

  /** Applies a round of deletions and returns when all are done. */
  async runAll(steps: readonly ResourceStep[]): Promise<void> {
    await Promise.all(steps.map((step) => this.run({ steps: [step] })));
  }

  /** Begins no more steps. */
  stop(): void {
    this.stopped = true;
  }

  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  private async run(chain: StepChain): Promise<void> {
    await this.acquire();
    try {
      // A turn of its own: what was registered in the same turn is planned first, and can still stop it.
      await nextTurn();
      if (!(await this.apply(chain.steps)) || chain.rest === undefined || this.stopped) return;
      await this.apply(await chain.rest());
    } catch (error) {
      this.hooks.planningFailed(error, chain.steps[0]?.urn ?? "");
    } finally {
      this.release();
    }
  }

  private async apply(steps: readonly ResourceStep[]): Promise<boolean> {
    for (const step of steps) {
      if (this.stopped) return false;
      if (!(await this.applyStep(step))) return false;
    }
    return true;
  }

  private async applyStep(step: ResourceStep): Promise<boolean> {
    this.reporter.begun(step);
    const pending = await this.recorder.begin(step);
    try {
      await step.apply();
    } catch (error) {
      this.recorder.end(step, pending, outcomeOf(error));
      this.reporter.failed(step, error);
      this.errored.push(step);
      this.hooks.failed(step, error);
      return false;
    }
    if (step.next !== undefined && step.operation !== "replace") markSecretOutputs(step.next);
    this.hooks.applied(step);
    this.recorder.end(step, pending, "done");
    // What has become a secret is none in the old outputs either, which are told beside the new ones.
    if (sharingOutputs.has(step.operation) && step.old !== undefined) step.old.outputs = step.next?.outputs ?? {};
    this.reporter.succeeded(step);
    step.complete();
    return true;
  }

  private async acquire(): Promise<void> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private release(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.free += 1;
    else next();
  }
}

/** A service that fails (5xx) does not say whether it had done by then what it was asked; one that refuses has done nothing. */
function outcomeOf(error: unknown): StepOutcome {
  const answer = error instanceof StepFailure ? error.cause : error;
  return answer instanceof ServiceError && answer.status >= 500 ? "unknown" : "not-done";
}

/** Outputs that the program calls secret, or that repeat a secret input, are secret. */
function markSecretOutputs(state: ResourceState): void {
  const isSecret = (key: string) => state.additionalSecretOutputs.includes(key) || state.inputs[key] instanceof Secret;
  const leaking = Object.entries(state.outputs).filter(([key, value]) => !(value instanceof Secret) && isSecret(key));
  if (leaking.length === 0) return;
  const wrapped = leaking.map(([key, value]): [string, PropertyValue] => [key, new Secret(value)]);
  const outputs: PropertyMap = { ...state.outputs, ...Object.fromEntries(wrapped) };
  state.outputs = outputs;
}
