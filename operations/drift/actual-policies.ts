import type { StepEventMetadata } from "@pulumi/pulumi/automation";
import type { OperationLog } from "../../deployment/display/operation-log";
import { urnName } from "../../deployment/display/urn-text";
import type {
  AnalyzedResource,
  PolicyAnalyzer,
  PolicyResult,
  PolicyViolation,
} from "../../deployment/policies/policy-analyzer";
import { unknownMarker } from "../../deployment/values/signatures";
import { decodeProperties } from "../../deployment/values/state-value";
import { isJsonObject, type JsonObject } from "../../lib/json-value";
import type { RuleFamily } from "../../policies/rule";
import { rules, stackRules } from "../../policies/rules";
import type { DeployedResource } from "./deployment-state";
import type { ListedObject } from "./unmanaged";

/** A rule that the cloud's values break and the state's values do not. */
export interface BrokenPolicy {
  readonly policy: string;
  /** The rule's description and what was found. */
  readonly message: string;
  /** Whether the broken rule lets somebody in. */
  readonly opens: boolean;
}

/** Families of rules about access. Breaking one is security drift. */
const closingFamilies: ReadonlySet<RuleFamily> = new Set(["public-access", "encryption", "identity", "delivery"]);
const familyOf = new Map<string, RuleFamily>([...rules, ...stackRules].map(({ id, family }) => [id, family]));

/** Runs policy packs over the clouds' values. Reports only rules that the state's values do not break: those are no drift. */
export class ActualPolicies {
  private readonly deployed: ReadonlyMap<string, DeployedResource>;

  constructor(
    private readonly packs: readonly PolicyAnalyzer[],
    deployed: readonly DeployedResource[],
  ) {
    this.deployed = new Map(deployed.map((resource) => [resource.urn, resource]));
  }

  /** The rules that each resource breaks now, by URN. Deleted resources are found by the rules about what must be beside others. */
  async brokenIn(refresh: OperationLog): Promise<ReadonlyMap<string, readonly BrokenPolicy[]>> {
    const changed = [...refresh.rows.values()].flatMap((row) => row.steps.get("update") ?? []);
    const gone = [...refresh.rows.values()].flatMap((row) => row.steps.get("delete") ?? []);
    const broken = new Map<string, BrokenPolicy[]>();
    const note = (urn: string, found: readonly BrokenPolicy[]): void => {
      if (found.length > 0) broken.set(urn, [...(broken.get(urn) ?? []), ...found]);
    };
    for (const step of changed) {
      const [before, after] = [
        this.resource(step.urn, step.type, step.old),
        this.resource(step.urn, step.type, step.new),
      ];
      for (const pack of this.packs) {
        note(step.urn, newlyBroken(await pack.analyze(before), await pack.analyze(after)));
      }
    }
    if (changed.length + gone.length > 0) {
      for (const { violation, broken: found } of await this.brokenInStack(refresh)) {
        // The rule names the resource that lacks a companion: the companion is one of the deleted resources.
        const row = refresh.rows.get(violation.urn ?? "");
        const about = row?.steps.get("update") ?? row?.steps.get("same");
        for (const urn of responsible(about, changed, gone)) note(urn, [found]);
      }
    }
    return broken;
  }

  /**
   * The rules that an unmanaged object breaks, judged by the properties that the list has of it.
   *
   * @param urnPrefix stack and project: `urn:pulumi:prod::landscape`
   */
  async brokenBy(object: ListedObject, urnPrefix: string): Promise<readonly BrokenPolicy[]> {
    if (object.properties === undefined) return [];
    const urn = `${urnPrefix}::${object.type}::${object.name}`;
    const resource = this.analyzed(urn, object.type, object.properties);
    const nothing: PolicyResult = { violations: [], passed: [], notApplicable: [], undecided: [] };
    const found: BrokenPolicy[] = [];
    for (const pack of this.packs) found.push(...newlyBroken(nothing, await pack.analyze(resource)));
    return found;
  }

  private async brokenInStack(
    refresh: OperationLog,
  ): Promise<readonly { readonly violation: PolicyViolation; readonly broken: BrokenPolicy }[]> {
    const rows = [...refresh.rows.values()];
    const steps = rows.flatMap(
      (row) => row.steps.get("update") ?? row.steps.get("delete") ?? row.steps.get("same") ?? [],
    );
    const before = steps.map((step) => this.resource(step.urn, step.type, step.old ?? step.new));
    const after = steps
      .filter(({ op }) => op !== "delete")
      .map((step) => this.resource(step.urn, step.type, step.new ?? step.old));
    const found: { violation: PolicyViolation; broken: BrokenPolicy }[] = [];
    for (const pack of this.packs) {
      const [known, actual] = [await pack.analyzeStack(before), await pack.analyzeStack(after)];
      for (const violation of newViolations(known, actual)) found.push({ violation, broken: brokenPolicy(violation) });
    }
    return found;
  }

  /** The inputs, overwritten by the outputs: includes the values that the service chose. */
  private resource(urn: string, type: string, state: StepEventMetadata["old"]): AnalyzedResource {
    return this.analyzed(urn, type, { ...jsonOf(state?.inputs), ...jsonOf(state?.outputs) });
  }

  private analyzed(urn: string, type: string, properties: JsonObject): AnalyzedResource {
    const known = this.deployed.get(urn);
    return {
      urn,
      type,
      name: urnName(urn),
      // A secret is masked in events: rules that need its value are undecided.
      properties: decodeProperties(properties, () => JSON.stringify(unknownMarker)),
      options: {
        protect: false,
        ignoreChanges: [],
        deleteBeforeReplace: undefined,
        aliases: [],
        additionalSecretOutputs: [],
        customTimeouts: { create: 0, update: 0, delete: 0 },
      },
      parent: undefined,
      provider: undefined,
      dependencies: known?.dependencies ?? [],
      propertyDependencies: known?.propertyDependencies ?? {},
    };
  }
}

function newlyBroken(before: PolicyResult, after: PolicyResult): readonly BrokenPolicy[] {
  return newViolations(before, after).map(brokenPolicy);
}

function newViolations(before: PolicyResult, after: PolicyResult): readonly PolicyViolation[] {
  const known = new Set(before.violations.map(keyOf));
  const undecided = new Set(after.undecided.map(({ policyName }) => policyName));
  return after.violations.filter((violation) => !known.has(keyOf(violation)) && !undecided.has(violation.policyName));
}

function keyOf({ policyName, urn, message }: PolicyViolation): string {
  return `${policyName} ${urn ?? ""} ${message}`;
}

/** An advisory does not stop a deployment, so it alone is no reason for a page. */
function brokenPolicy({ policyName, message, enforcementLevel }: PolicyViolation): BrokenPolicy {
  const family = familyOf.get(policyName);
  // The families of another pack's rules are unknown: its mandatory rules count as security.
  const closes = family === undefined || closingFamilies.has(family);
  return { policy: policyName, message: message.trim(), opens: closes && enforcementLevel === "mandatory" };
}

/**
 * The drift behind what a stack rule says of a resource: what is gone and referred to it, otherwise its own change, otherwise
 * everything that is gone.
 */
function responsible(
  about: StepEventMetadata | undefined,
  changed: readonly StepEventMetadata[],
  gone: readonly StepEventMetadata[],
): readonly string[] {
  const id = (about?.new ?? about?.old)?.id ?? "";
  const beside = id === "" ? [] : gone.filter(({ old }) => JSON.stringify([old?.inputs, old?.outputs]).includes(id));
  if (beside.length > 0) return beside.map(({ urn }) => urn);
  if (changed.some(({ urn }) => urn === about?.urn)) return [about?.urn ?? ""];
  return [...gone, ...(gone.length === 0 ? changed : [])].map(({ urn }) => urn);
}

function jsonOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
