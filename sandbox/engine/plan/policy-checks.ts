import type {
  AnalyzedProvider,
  AnalyzedResource,
  PolicyAnalyzer,
  PolicyViolation,
} from "../../../deployment/policies/policy-analyzer";
import type { PropertyMap } from "../../../deployment/values/property-value";
import type { PlanningContext } from "./planning-context";
import type { Goal, ResourceState } from "./resource-state";
import { makeUrn, parseProviderReference, rootStackType, type Urn, urnName } from "./urn";

interface PackIdentity {
  readonly policyPackName: string;
  readonly policyPackVersion: string;
  readonly policyPackVersionTag: string;
}

/** Runs the policy packs where the real engine does, and tells their results. */
export class PolicyChecks {
  constructor(private readonly context: PlanningContext) {}

  /** Changes properties before they are checked; returns what they came to. */
  async remediate(state: ResourceState, goal: Goal, provider: ResourceState | undefined): Promise<PropertyMap> {
    let inputs = state.inputs;
    for (const pack of this.context.policies) {
      const result = await pack.remediate(analyzedResource(state, inputs, goal, provider));
      for (const { policyName, before, after } of result.remediations) {
        this.context.events.emit({
          policyRemediationEvent: {
            resourceUrn: state.urn,
            color: "never",
            policyName,
            ...identity(pack),
            before: this.context.events.shown(before),
            after: this.context.events.shown(after),
          },
        });
      }
      this.tellOf(state, pack, result.violations);
      inputs = result.properties;
      // What was remediated counts as failed, as it does for the real engine.
      const summary = names({ passed: result.passed, violations: [...result.remediations, ...result.violations] });
      this.context.events.emit({
        policyRemediateSummaryEvent: { resourceUrn: state.urn, ...identity(pack), ...summary },
      });
    }
    return inputs;
  }

  /** True when a mandatory policy is violated. */
  async analyze(state: ResourceState, goal: Goal, provider: ResourceState | undefined): Promise<boolean> {
    let violated = false;
    for (const pack of this.context.policies) {
      const result = await pack.analyze(analyzedResource(state, state.inputs, goal, provider));
      this.tellOf(state, pack, result.violations);
      const summary = { resourceUrn: state.urn, ...identity(pack), ...names(result) };
      this.context.events.emit({ policyAnalyzeSummaryEvent: summary });
      violated ||= result.violations.some(({ enforcementLevel }) => enforcementLevel === "mandatory");
    }
    return violated;
  }

  /** The policies that look at all resources at once, with their outputs. */
  async analyzeStack(resources: readonly AnalyzedResource[]): Promise<boolean> {
    const stackUrn = makeUrn(this.context, "", rootStackType, `${this.context.project}-${this.context.stack}`);
    const known = new Set(resources.map(({ urn }) => urn));
    let violated = false;
    for (const pack of this.context.policies) {
      const result = await pack.analyzeStack(resources);
      for (const violation of result.violations) {
        const isKnown = violation.urn !== undefined && known.has(violation.urn);
        this.tell(pack, violation, isKnown ? violation.urn : stackUrn);
      }
      this.context.events.emit({ policyAnalyzeStackSummaryEvent: { ...identity(pack), ...names(result) } });
      violated ||= result.violations.some(({ enforcementLevel }) => enforcementLevel === "mandatory");
    }
    return violated;
  }

  private tellOf(state: ResourceState, pack: PolicyAnalyzer, violations: readonly PolicyViolation[]): void {
    if (violations.length > 0) this.context.events.secrets.note(state.inputs);
    for (const violation of violations) this.tell(pack, violation, state.urn);
  }

  private tell(pack: PolicyAnalyzer, violation: PolicyViolation, urn: Urn | undefined): void {
    const { policyName, message, enforcementLevel } = violation;
    this.context.events.emit({
      policyEvent: {
        ...(urn === undefined ? {} : { resourceUrn: urn }),
        message: `${this.context.events.secrets.masked(message)}\n`,
        color: "never",
        policyName,
        ...identity(pack),
        enforcementLevel,
      },
    });
  }
}

export function analyzedResource(
  state: ResourceState,
  properties: PropertyMap,
  goal: Goal | undefined,
  provider: ResourceState | undefined,
): AnalyzedResource {
  return {
    urn: state.urn,
    type: state.type,
    name: urnName(state.urn),
    properties,
    options: {
      protect: state.protect,
      ignoreChanges: goal?.ignoreChanges ?? [],
      deleteBeforeReplace: goal?.deleteBeforeReplace,
      aliases: state.aliasedFrom === undefined ? [] : [state.aliasedFrom],
      additionalSecretOutputs: state.additionalSecretOutputs,
      customTimeouts: state.customTimeouts,
    },
    parent: state.parent === "" ? undefined : state.parent,
    provider: provider === undefined ? undefined : analyzedProvider(provider),
    dependencies: state.dependencies,
    propertyDependencies: state.propertyDependencies,
  };
}

export function providerUrn(state: ResourceState): Urn | undefined {
  return state.provider === "" ? undefined : parseProviderReference(state.provider).urn;
}

function analyzedProvider(provider: ResourceState): AnalyzedProvider {
  const { urn, type, inputs } = provider;
  return { urn, type, name: urnName(urn), properties: inputs };
}

function identity(pack: PolicyAnalyzer): PackIdentity {
  const { packName, packVersion } = pack;
  return { policyPackName: packName, policyPackVersion: packVersion, policyPackVersionTag: packVersion };
}

function names(result: {
  readonly passed: readonly string[];
  readonly violations: readonly { readonly policyName: string }[];
}): { passed?: string[]; failed?: string[] } {
  const failed = [...new Set(result.violations.map(({ policyName }) => policyName))].sort();
  const passed = [...result.passed].sort();
  return { ...(passed.length > 0 ? { passed } : {}), ...(failed.length > 0 ? { failed } : {}) };
}
