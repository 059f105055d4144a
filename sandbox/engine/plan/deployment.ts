import type { PropertyMap } from "../../../deployment/values/property-value";
import type { StepReporter } from "../events/step-reporter";
import type { StepRecorder } from "../state/state-store";
import { Bail, MonitorShutDown, messageOf, PlanError } from "./engine-errors";
import { type PlanningContext, PlanProgress } from "./planning-context";
import type { Goal, ReadGoal, ResourceState } from "./resource-state";
import { ProtectedDeletion, type ResourceStep } from "./step";
import { StepExecutor } from "./step-executor";
import { type StepChain, StepGenerator } from "./step-generator";
import { isRootStack, makeUrn, type Urn } from "./urn";

/** Why a deployment stopped before its end. */
export type StopReason = "bail" | "step" | "cancelled";

/** One deployment while the program runs: takes registrations, plans them one by one, and applies them side by side. */
export class Deployment {
  readonly progress = new PlanProgress();
  readonly executor: StepExecutor;
  /** Resources of this deployment by URN, as registered or read. */
  readonly current = new Map<Urn, ResourceState>();
  readonly registered = new Map<Urn, ResourceState>();
  /** What failed, and what was left out because it needs that, where a failure does not stop the rest. */
  readonly abandoned = new Map<Urn, "failed" | "skipped">();
  stopReason: StopReason | undefined;
  failure: "policy" | "resource" | "other" | undefined;
  /** Resolves when the deployment is stopped. */
  readonly stopped: Promise<void>;
  stackOutputs: PropertyMap | undefined;
  private readonly generator: StepGenerator;
  private readonly awaitingOutputs = new Map<Urn, ResourceStep>();
  private readonly unanswered = new Set<(error: Error) => void>();
  private readonly answers = new Map<Urn, (state: ResourceState) => void>();
  private planning: Promise<void> = Promise.resolve();
  private signalStop: () => void = () => {};

  constructor(
    readonly context: PlanningContext,
    private readonly reporter: StepReporter,
    recorder: StepRecorder,
    parallel: number,
  ) {
    this.generator = new StepGenerator(context, this.progress);
    this.stopped = new Promise((resolve) => {
      this.signalStop = resolve;
    });
    this.executor = new StepExecutor(reporter, recorder, parallel, {
      applied: (step) => this.applied(step),
      failed: (step, error) => this.stepFailed(step, error),
      planningFailed: (error, urn) => this.planningFailed(error, urn),
    });
  }

  register(goal: Goal): Promise<ResourceState> {
    const urn = makeUrn(this.context, goal.parent, goal.type, goal.name);
    return this.plan(urn, async (answer) => {
      if (!this.needsAbandoned(needsOf(goal))) return this.generator.register({ goal, answer });
      return this.leaveOut(this.generator.leaveOut(goal));
    });
  }

  read(goal: ReadGoal): Promise<ResourceState> {
    const urn = makeUrn(this.context, goal.parent, goal.type, goal.name);
    return this.plan(urn, async (answer) => {
      const needed = [goal.parent, providerUrn(goal.provider), ...goal.dependencies];
      if (!this.needsAbandoned(needed)) return this.generator.read({ goal, answer });
      return this.leaveOut(this.generator.leaveOutRead(goal));
    });
  }

  /** Takes a component's outputs; the stack's wait for the end, which decides what becomes of old ones. */
  registerOutputs(urn: Urn, outputs: PropertyMap): void {
    if (isRootStack(urn)) {
      this.stackOutputs = outputs;
      return;
    }
    if (this.abandoned.has(urn)) return;
    const step = this.awaitingOutputs.get(urn);
    if (step?.next === undefined) {
      throw new PlanError(`cannot complete a resource '${urn}' whose registration isn't pending`, urn);
    }
    this.awaitingOutputs.delete(urn);
    if (step.skippedCreate) return;
    step.next.outputs = outputs;
    this.reporter.outputs(step);
  }

  /** The stack's outputs: new ones alone after a success, added to the old ones after a failure. */
  finishStackOutputs(failed: boolean): PropertyMap {
    const found = [...this.awaitingOutputs].find(([urn]) => isRootStack(urn));
    if (found === undefined || this.stackOutputs === undefined) return {};
    const [urn, step] = found;
    const old = this.context.olds.get(urn)?.outputs ?? {};
    const outputs = failed ? { ...old, ...this.stackOutputs } : this.stackOutputs;
    if (step.next !== undefined) step.next.outputs = outputs;
    this.reporter.outputs(step);
    return outputs;
  }

  /** Takes no more registrations and begins no more steps; what runs is finished. */
  stop(reason: StopReason): void {
    if (this.stopReason !== undefined) return;
    this.stopReason = reason;
    this.executor.stop();
    for (const reject of this.unanswered) reject(new MonitorShutDown());
    this.unanswered.clear();
    this.signalStop();
  }

  /** Resolves when everything registered so far is planned and applied. */
  async idle(): Promise<void> {
    await this.planning;
    await this.executor.idle();
  }

  planningFailed(error: unknown, urn: Urn): void {
    if (error instanceof Bail) this.failure ??= error.reason;
    else {
      this.failure ??= "other";
      const subject = error instanceof PlanError && error.urn !== "" ? error.urn : urn;
      this.context.events.diagnostic("error", messageOf(error), subject);
    }
    this.stop("bail");
  }

  private plan(
    urn: Urn,
    generate: (answer: (state: ResourceState) => void) => Promise<StepChain>,
  ): Promise<ResourceState> {
    return new Promise((resolve, reject) => {
      if (this.stopReason !== undefined) {
        reject(new MonitorShutDown());
        return;
      }
      this.unanswered.add(reject);
      const answer = (state: ResourceState) => {
        this.unanswered.delete(reject);
        this.answers.delete(urn);
        resolve(state);
      };
      this.answers.set(urn, answer);
      this.planning = this.planning.then(() => this.planNext(urn, () => generate(answer)));
    });
  }

  private async planNext(urn: Urn, generate: () => Promise<StepChain>): Promise<void> {
    if (this.stopReason !== undefined) return;
    try {
      const chain = await generate();
      if (this.stopReason === undefined) this.executor.start(chain);
    } catch (error) {
      this.planningFailed(error, urn);
    }
  }

  private applied(step: ResourceStep): void {
    if (step.next === undefined) return;
    // Of a replacement the step that stands for the whole of it; until that one is there, the one that made the successor.
    if (step.logical || !this.awaitingOutputs.has(step.urn)) this.awaitingOutputs.set(step.urn, step);
    if (step.operation === "replace") return;
    this.current.set(step.urn, step.next);
    if (step.operation !== "read" && step.operation !== "read-replacement") this.registered.set(step.urn, step.next);
  }

  private stepFailed(step: ResourceStep, error: unknown): void {
    this.failure ??= "resource";
    const isAlone = this.context.continueOnError && step.next !== undefined && this.answers.has(step.urn);
    const isEnd = this.context.continueOnError && step.next === undefined && !this.answers.has(step.urn);
    if (error instanceof ProtectedDeletion || isEnd) this.progress.noteError("resource");
    else if (isAlone && step.next !== undefined && !step.next.external) this.abandon(step.next, "failed");
    else this.stop("step");
  }

  private needsAbandoned(needed: readonly Urn[]): boolean {
    return needed.some((urn) => this.abandoned.has(urn));
  }

  private leaveOut(state: ResourceState): StepChain {
    this.abandon(state, "skipped");
    return { steps: [] };
  }

  /** The program goes on without it. */
  private abandon(state: ResourceState, why: "failed" | "skipped"): void {
    this.progress.noteError("resource");
    this.abandoned.set(state.urn, why);
    this.answers.get(state.urn)?.(state);
  }
}

/** Everything that must be there before a resource can be. */
function needsOf({
  parent,
  provider,
  dependencies,
  propertyDependencies,
  deletedWith,
  replaceWith,
}: Goal): readonly Urn[] {
  return [
    parent,
    providerUrn(provider),
    deletedWith,
    ...replaceWith,
    ...dependencies,
    ...Object.values(propertyDependencies).flat(),
  ];
}

/** Of its reference, `urn::id`; empty for none. */
function providerUrn(reference: string): Urn {
  return reference.slice(0, Math.max(0, reference.lastIndexOf("::")));
}
