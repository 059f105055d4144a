import { randomBytes } from "node:crypto";
import type { PropertyMap } from "../../../deployment/values/property-value";
import { ChangePlanner } from "./change-planner";
import { Bail, PlanError, reportCheckFailures } from "./engine-errors";
import { operationsFor, type PlanningContext, type PlanProgress } from "./planning-context";
import { PolicyChecks, providerUrn } from "./policy-checks";
import type { ResourceOperations } from "./provider-registry";
import { withIgnoredChanges } from "./resource-diff";
import {
  type Alias,
  type Goal,
  type ReadGoal,
  type ReadRegistration,
  type Registration,
  type ResourceState,
  stateFromGoal,
  stateFromRead,
} from "./resource-state";
import type { ResourceStep } from "./step";
import { createReplacementStep, createStep, noReason, replaceStep, skippedCreateStep } from "./steps/change-steps";
import { importStep, readStep } from "./steps/read-steps";
import { checkTargetedDependencies, isTargeted, untargetedSteps } from "./targets";
import { isProviderType, isRootStack, makeUrn, parseUrn, type Urn, type UrnScope, urnName } from "./urn";

/** The sandbox is kinder here than the real engine, and says so (decision 0035). */
export const unansweredImport =
  "it is not imported, since what it needs failed. Pulumi itself would wait here until it is interrupted: " +
  "an import that it leaves out is never answered";

/** Steps to be applied one after another; an import plans the rest when it knows what it imported. */
export interface StepChain {
  readonly steps: readonly ResourceStep[];
  readonly rest?: () => Promise<readonly ResourceStep[]>;
}

/** A registration with what the last deployment knows of it. */
export interface PlannedResource {
  readonly registration: Registration;
  readonly goal: Goal;
  readonly old: ResourceState | undefined;
  readonly next: ResourceState;
  readonly operations: ResourceOperations | undefined;
  readonly randomSeed: Uint8Array;
  readonly complete: () => void;
}

/** Decides, for each registration in turn, what has to be done. */
export class StepGenerator {
  private readonly policies: PolicyChecks;
  private readonly changes: ChangePlanner;

  constructor(
    private readonly context: PlanningContext,
    readonly progress: PlanProgress,
  ) {
    this.policies = new PolicyChecks(context);
    this.changes = new ChangePlanner(context, progress);
  }

  /** The steps for what the program reads. */
  read({ goal, answer }: ReadRegistration): StepChain {
    this.checkParent(goal.parent);
    const urn = this.claimUrn(goal.parent, goal.type, goal.name);
    if (goal.id === "") throw new PlanError(`expected an ID for ${urn}`, urn);
    const next = stateFromRead(goal, urn);
    const old = this.context.olds.get(urn);
    const complete = () => answer(next);
    if (old !== undefined && !old.external && old.id !== goal.id) {
      this.progress.replaces.add(urn);
      return { steps: [readStep(this.context, old, next, true, complete), replaceStep(old, next, noReason)] };
    }
    this.progress.reads.add(urn);
    return { steps: [readStep(this.context, old, next, false, complete)] };
  }

  /** What cannot be made, because what it needs failed: whatever there is of it stays, under the name that it had. */
  leaveOut(goal: Goal): ResourceState {
    const urn = this.claimUrn(goal.parent, goal.type, goal.name);
    const old = this.findOld(goal, urn);
    if (old !== undefined) {
      this.progress.sames.add(urn);
      // Pulumi plans it before it leaves it out, and says then which of the inputs to be ignored do not exist.
      if (goal.custom) withIgnoredChanges(this.context, urn, goal.properties, old.inputs, goal.ignoreChanges);
    }
    if (isImport(goal, old)) this.context.events.diagnostic("warning", unansweredImport, urn);
    return stateFromGoal(goal, urn, old);
  }

  leaveOutRead(goal: ReadGoal): ResourceState {
    const urn = this.claimUrn(goal.parent, goal.type, goal.name);
    this.progress.reads.add(urn);
    return stateFromRead(goal, urn);
  }

  /** The steps for what the program registers. */
  async register(registration: Registration): Promise<StepChain> {
    const { goal } = registration;
    this.checkParent(goal.parent);
    const urn = this.claimUrn(goal.parent, goal.type, goal.name);
    const old = this.findOld(goal, urn);
    const next = stateFromGoal(goal, urn, old);
    this.progress.goals.set(urn, goal);
    if (isProviderType(goal.type)) this.rememberProvider(next);
    const operations = await operationsFor(this.context, next);
    const complete = () => registration.answer(next);
    const planned = { registration, goal, old, next, operations, randomSeed: randomBytes(32), complete };
    const chain = await this.plan(planned);
    checkTargetedDependencies(this.context, this.progress, chain.steps);
    return chain;
  }

  private async plan(planned: PlannedResource): Promise<StepChain> {
    const { goal, old, next, complete } = planned;
    const { urn } = next;
    const recreating = this.progress.deletes.has(urn);
    if (isImport(goal, old)) return this.planImport(planned, recreating);
    // A component keeps what the program says of it; only whether it has changed is told by the rest.
    if (old !== undefined && goal.custom) {
      next.inputs = withIgnoredChanges(this.context, urn, goal.properties, old.inputs, goal.ignoreChanges);
    }
    const targeted = isTargeted(this.context, next);
    if (targeted) await this.check(planned, recreating);
    else next.inputs = old?.inputs ?? {};
    await this.applyPolicies(next, goal);
    if (recreating && old !== undefined) return { steps: this.recreate(planned, old) };
    if (old?.external) return { steps: this.takeOwnership(planned, old) };
    if (old !== undefined && !targeted) {
      return { steps: untargetedSteps(this.context, this.progress, old, next, planned.registration.answer) };
    }
    if (old !== undefined) return { steps: await this.changes.stepsForChange({ ...planned, old }) };
    if (targeted) {
      this.progress.creates.add(urn);
      return { steps: [createStep(this.context, next, complete)] };
    }
    this.progress.sames.add(urn);
    this.progress.skippedCreates.add(urn);
    return { steps: [skippedCreateStep(next, complete)] };
  }

  private async planImport(planned: PlannedResource, recreating: boolean): Promise<StepChain> {
    const { goal, old, next, complete } = planned;
    await this.applyPolicies(next, goal);
    // As the real engine, which writes down no trigger with an import: the next run does.
    const wanted = { ...next, replacementTrigger: null };
    next.importId = goal.importId;
    const original = old !== undefined && !recreating ? old : undefined;
    if (original === undefined) this.progress.creates.add(next.urn);
    else this.progress.replaces.add(next.urn);
    const imported = importStep(this.context, original, next, () => {});
    const steps = original === undefined ? [imported] : [imported, replaceStep(original, next, noReason)];
    return { steps, rest: () => this.changes.stepsAfterImport(planned, wanted, complete) };
  }

  /** Asks the provider whether the inputs are right, and takes its defaults over. */
  private async check(
    { operations, goal, old, next, randomSeed }: PlannedResource,
    recreating: boolean,
  ): Promise<void> {
    if (operations === undefined) return;
    const afresh = recreating || old === undefined || old.external;
    const inputs: PropertyMap = afresh ? goal.properties : next.inputs;
    const oldInputs = afresh ? undefined : old.inputs;
    const { urn, type } = next;
    const result = await operations.check({ urn, type, name: urnName(urn), inputs, oldInputs, randomSeed });
    next.inputs = result.inputs;
    if (reportCheckFailures(this.context.events, next, result.failures)) throw new Bail("resource");
  }

  private async applyPolicies(next: ResourceState, goal: Goal): Promise<void> {
    if (this.context.policies.length === 0) return;
    const provider = this.progress.providers.get(providerUrn(next) ?? "");
    next.inputs = await this.policies.remediate(next, goal, provider);
    const violated = await this.policies.analyze(next, goal, provider);
    if (!violated) return;
    this.progress.noteError("policy");
    if (!this.context.dryRun) throw new Bail("policy");
  }

  /** It was deleted so that something it needs could be replaced; now it is made again. */
  private recreate({ next, complete }: PlannedResource, old: ResourceState): ResourceStep[] {
    this.progress.deletes.delete(next.urn);
    this.progress.replaces.add(next.urn);
    const reason = { ...noReason, keys: this.progress.dependentReplaceKeys.get(next.urn) ?? [] };
    return [replaceStep(old, next, noReason), createReplacementStep(this.context, old, next, reason, false, complete)];
  }

  /** What was only read so far becomes a resource of its own. */
  private takeOwnership({ next, complete }: PlannedResource, old: ResourceState): ResourceStep[] {
    this.progress.creates.add(next.urn);
    this.progress.replaces.add(next.urn);
    return [createReplacementStep(this.context, old, next, noReason, true, complete), replaceStep(old, next, noReason)];
  }

  private findOld(goal: Goal, urn: Urn): ResourceState | undefined {
    const own = this.context.olds.get(urn);
    if (this.progress.claimed.has(urn)) this.duplicateAlias(urn, urn, this.progress.claimed.get(urn) ?? urn);
    if (own !== undefined) return own;
    for (const alias of possibleUrns(goal, this.context, this.progress.aliasedFrom)) {
      const old = this.context.olds.get(alias);
      if (old === undefined) continue;
      if (this.progress.urns.has(alias)) this.duplicateAlias(urn, alias, urn);
      const claimant = this.progress.claimed.get(alias);
      if (claimant !== undefined) this.duplicateAlias(urn, alias, claimant);
      this.progress.claimed.set(alias, urn);
      this.progress.aliasedFrom.set(urn, alias);
      if (isProviderType(goal.type)) this.context.providers.alias(urn, old);
      return old;
    }
    return undefined;
  }

  private duplicateAlias(urn: Urn, alias: Urn, claimant: Urn): never {
    this.context.events.diagnostic(
      "error",
      `Duplicate resource alias '${alias}' applied to resource with URN '${urn}' conflicting with resource with URN '${claimant}'`,
      urn,
    );
    throw new Bail("resource");
  }

  private rememberProvider(state: ResourceState): void {
    this.progress.providers.set(state.urn, state);
    if (state.aliasedFrom !== undefined) this.progress.providers.set(state.aliasedFrom, state);
  }

  private claimUrn(parent: Urn, type: string, name: string): Urn {
    const urn = makeUrn(this.context, parent, type, name);
    if (this.progress.urns.has(urn)) {
      this.context.events.diagnostic("error", `Duplicate resource URN '${urn}'; try giving it a unique name`, urn);
      throw new Bail("resource");
    }
    this.progress.urns.add(urn);
    return urn;
  }

  private checkParent(parent: Urn): void {
    if (parent !== "" && !this.progress.urns.has(parent))
      throw new PlanError(`could not find parent resource ${parent}`);
  }
}

function isImport({ custom, importId }: Goal, old: ResourceState | undefined): boolean {
  return custom && importId !== "" && (old === undefined || old.external || knownId(old) !== importId);
}

function knownId(old: ResourceState): string {
  return old.importId === "" ? old.id : old.importId;
}

/** Which old URN each resource of this deployment turned out to have had. */
type AliasedFrom = ReadonlyMap<Urn, Urn>;

/** The URNs, besides its own, under which a resource may be found in the last deployment. */
function possibleUrns(goal: Goal, scope: UrnScope, aliasedFrom: AliasedFrom): Set<Urn> {
  const urns = new Set<Urn>();
  for (const alias of goal.aliases) urns.add(aliasUrn(alias, goal, scope, aliasedFrom));
  const parentAlias = goal.parent === "" ? undefined : aliasedFrom.get(goal.parent);
  if (parentAlias === undefined) return urns;
  const parentName = urnName(goal.parent);
  urns.add(inheritedUrn(goal.type, goal.name, parentName, parentAlias, scope));
  for (const alias of goal.aliases) {
    const { type, name } = parseUrn(aliasUrn(alias, goal, scope, aliasedFrom));
    urns.add(inheritedUrn(type, name, parentName, parentAlias, scope));
  }
  return urns;
}

function aliasUrn(alias: Alias, goal: Goal, scope: UrnScope, aliasedFrom: AliasedFrom): Urn {
  if (alias.kind === "urn") return alias.urn;
  const aliasScope = { stack: alias.stack || scope.stack, project: alias.project || scope.project };
  return makeUrn(aliasScope, aliasParent(alias, goal, aliasedFrom), alias.type || goal.type, alias.name || goal.name);
}

function aliasParent(alias: Alias & { kind: "spec" }, goal: Goal, aliasedFrom: AliasedFrom): Urn {
  if (alias.parent.kind === "none") return "";
  const parent = alias.parent.kind === "same" ? goal.parent : (aliasedFrom.get(alias.parent.urn) ?? alias.parent.urn);
  return parent !== "" && isRootStack(parent) ? "" : parent;
}

/** A child named after its parent (`app-record` below `app`) followed the parent's old name too. */
function inheritedUrn(type: string, name: string, parentName: string, parentAlias: Urn, scope: UrnScope): Urn {
  const oldName = name.startsWith(parentName) ? urnName(parentAlias) + name.slice(parentName.length) : name;
  return makeUrn(scope, parentAlias, type, oldName);
}
