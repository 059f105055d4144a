import {
  containsUnknown,
  equalProperties,
  isPropertyArray,
  isPropertyMap,
  type PropertyValue,
  reveal,
  Secret,
} from "../../../deployment/values/property-value";
import type { DiffResult } from "../provider";
import { ReplacementCascade } from "./dependency-graph";
import { Bail, PlanError, reportCheckFailures } from "./engine-errors";
import type { PlanningContext, PlanProgress } from "./planning-context";
import { comparedConfig } from "./provider-registry";
import { noChanges, resourceDiff, withIgnoredChanges, withReplaceOnChanges } from "./resource-diff";
import type { ResourceState } from "./resource-state";
import type { ResourceStep } from "./step";
import type { PlannedResource } from "./step-generator";
import {
  type ChangeReason,
  createReplacementStep,
  deleteStep,
  replaceStep,
  sameStep,
  updateStep,
} from "./steps/change-steps";
import { isProviderType, parseProviderReference, urnName } from "./urn";

/** Something differs, whatever it is. */
const someChange: DiffResult = { ...noChanges, changes: "some" };

type ExistingResource = PlannedResource & { readonly old: ResourceState };

/** Decides what becomes of a resource that exists: nothing, an update, or a replacement. */
export class ChangePlanner {
  private readonly cascade: ReplacementCascade;

  constructor(
    private readonly context: PlanningContext,
    private readonly progress: PlanProgress,
  ) {
    this.cascade = new ReplacementCascade(context, progress);
  }

  async stepsForChange(planned: ExistingResource): Promise<ResourceStep[]> {
    const { old, next, goal, complete } = planned;
    const isTriggered = this.isTriggered(old, next);
    const diff = isTriggered ? someChange : withReplaceOnChanges(await this.diff(planned), goal.replaceOnChanges);
    const isReplaced = diff.replaces.length > 0 || old.pendingReplacement || isTriggered;
    if (isReplaced) return this.replacement(planned, diff);
    if (diff.changes === "some" || old.initErrors.length > 0) {
      this.progress.updates.add(next.urn);
      return [updateStep(this.context, old, next, reasonOf(diff), complete)];
    }
    this.progress.sames.add(next.urn);
    return [sameStep(this.context, old, next, complete)];
  }

  /** Changes what was imported into what the program says, where the two differ. */
  async stepsAfterImport(
    planned: PlannedResource,
    wanted: ResourceState,
    complete: () => void,
  ): Promise<ResourceStep[]> {
    const { next: imported, operations, goal, randomSeed } = planned;
    if (operations === undefined) return [];
    wanted.importId = goal.importId;
    wanted.created = imported.created;
    const { urn, type, inputs: oldInputs } = imported;
    const inputs = withIgnoredChanges(this.context, urn, wanted.inputs, oldInputs, goal.ignoreChanges);
    const checked = await operations.check({ urn, type, name: urnName(urn), inputs, oldInputs, randomSeed });
    wanted.inputs = checked.inputs;
    if (reportCheckFailures(this.context.events, wanted, checked.failures)) throw new Bail("resource");
    const diff = withReplaceOnChanges(
      await resourceDiff(this.context, operations, imported, checked.inputs, goal.ignoreChanges),
      goal.replaceOnChanges,
    );
    const answer = () => planned.registration.answer(wanted);
    if (diff.replaces.length > 0) {
      return this.replacement({ ...planned, old: imported, next: wanted, complete: answer }, diff);
    }
    if (diff.changes !== "some") {
      complete();
      return [];
    }
    return [updateStep(this.context, imported, wanted, reasonOf(diff), answer)];
  }

  private async diff({ old, next, goal, operations }: ExistingResource): Promise<DiffResult> {
    if (next.replaceWith.some((urn) => this.progress.replaces.has(urn)))
      return { ...someChange, replaces: ["replaceWith"] };
    // What takes a resource away takes this along.
    if (this.progress.replaces.has(next.deletedWith)) return { ...someChange, replaces: ["deletedWith"] };
    if (await this.providerNeedsReplacement(old, next)) return { ...someChange, replaces: ["provider"] };
    if (operations !== undefined) return resourceDiff(this.context, operations, old, next.inputs, goal.ignoreChanges);
    const compared = withIgnoredChanges(this.context, next.urn, next.inputs, old.inputs, goal.ignoreChanges);
    return equalProperties(old.inputs, compared) ? noChanges : someChange;
  }

  /** Whether the value that the program watches for a replacement is another. Where one of the two has none, nothing is watched. */
  private isTriggered(old: ResourceState, next: ResourceState): boolean {
    const [before, after] = [reveal(old.replacementTrigger), reveal(next.replacementTrigger)];
    if (containsUnknown(after) && !this.context.dryRun) {
      const message = `replacement trigger contains unknowns for ${next.urn}`;
      this.context.events.diagnostic("error", message, next.urn);
      throw new Bail("resource");
    }
    if (containsUnknown(before) || containsUnknown(after)) return true;
    return before !== null && after !== null && !equalProperties(before, after);
  }

  /** A resource moves to another provider in place, unless that provider cannot manage what the old one made. */
  private async providerNeedsReplacement(old: ResourceState, next: ResourceState): Promise<boolean> {
    if (old.provider === next.provider) return false;
    if (old.provider === "" || next.provider === "") return true;
    const oldUrn = parseProviderReference(old.provider).urn;
    const newUrn = parseProviderReference(next.provider).urn;
    if (this.progress.claimed.get(oldUrn) === newUrn) return false;
    const client = await this.context.providers.get(next.provider);
    const oldProvider = this.context.providers.baseProvider(old.provider);
    const newProvider = this.progress.providers.get(newUrn);
    if (client === undefined || oldProvider === undefined || newProvider === undefined) return false;
    const diff = await client.provider.diffConfig(comparedConfig(newUrn, newProvider.inputs, oldProvider));
    return diff.replaces.length > 0;
  }

  private async replacement(planned: ExistingResource, diff: DiffResult): Promise<ResourceStep[]> {
    const { old, next, goal, complete } = planned;
    this.refuseProtected(old, next);
    if (goal.importId !== "") this.refuseImported(old, next, diff.replaces);
    this.progress.replaces.add(next.urn);
    await this.checkAfresh(planned);
    const reason = reasonOf(diff);
    const deleteFirst = goal.deleteBeforeReplace ?? diff.deleteBeforeReplace;
    if (!deleteFirst) {
      return [createReplacementStep(this.context, old, next, reason, true, complete), replaceStep(old, next, reason)];
    }
    const deletions = await this.cascade.deletionsBefore(old);
    if (!isProviderType(old.type) && old.provider !== "") await this.context.providers.ensure(old.provider);
    // What is deleted with it sees so that it needs no deletion of its own.
    if (!old.pendingReplacement) this.progress.deletes.add(old.urn);
    const own = old.pendingReplacement ? [] : [deleteStep(this.context, old, "making-room", this.isCondemned)];
    return [
      ...deletions,
      ...own,
      replaceStep(old, next, reason),
      createReplacementStep(this.context, old, next, reason, false, complete),
    ];
  }

  private readonly isCondemned = (urn: string): boolean => this.progress.deletes.has(urn);

  /** Defaults were carried over from the old inputs; a new object gets its own. */
  private async checkAfresh({ operations, goal, next, randomSeed }: ExistingResource): Promise<void> {
    if (operations === undefined) return;
    const { urn, type } = next;
    const inputs = goal.properties;
    const result = await operations.check({ urn, type, name: urnName(urn), inputs, oldInputs: undefined, randomSeed });
    if (reportCheckFailures(this.context.events, next, result.failures)) throw new Bail("resource");
    next.inputs = result.inputs;
  }

  private refuseProtected(old: ResourceState, next: ResourceState): void {
    if (!next.protect || !old.protect) return;
    this.context.events.diagnostic(
      "error",
      `unable to replace resource "${next.urn}"\nas it is currently marked for protection. To unprotect the resource, ` +
        "remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`",
      next.urn,
    );
    this.progress.noteError("resource");
    if (!this.context.dryRun) throw new Bail("resource");
  }

  private refuseImported(old: ResourceState, next: ResourceState, keys: readonly string[]): void {
    const differing = keys.map((key) => `${key}: ${goText(old.inputs[key])} => ${goText(next.inputs[key])}`);
    const message =
      "previously-imported resources that still specify an ID may not be replaced; please remove the `import` declaration " +
      `from your program;\n${differing.join("\n")}`;
    if (!this.context.dryRun) throw new PlanError(message, next.urn);
    this.context.events.diagnostic("warning", message, next.urn);
  }
}

function reasonOf(diff: DiffResult): ChangeReason {
  return { keys: diff.replaces, diffs: diff.diffs, detailedDiff: diff.detailedDiff };
}

/** A value as the real engine, which is written in Go, prints it. */
function goText(value: PropertyValue | undefined): string {
  if (value === undefined || value === null) return "{<nil>}";
  if (value instanceof Secret) return "{[secret]}";
  if (isPropertyArray(value)) return `{[${value.map(goText).join(" ")}]}`;
  if (!isPropertyMap(value)) return typeof value === "object" ? "{}" : `{${value}}`;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{map[${entries.map(([key, part]) => `${key}:${goText(part)}`).join(" ")}]}`;
}
