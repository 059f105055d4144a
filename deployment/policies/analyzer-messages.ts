import {
  AnalyzeRequest,
  type AnalyzeResponse,
  AnalyzerPropertyDependencies,
  AnalyzerProviderResource,
  AnalyzerResource,
  AnalyzerResourceOptions,
  AnalyzeStackRequest,
  EnforcementLevel,
  type RemediateResponse,
} from "@pulumi/pulumi/proto/analyzer_pb";
import { encodeForAnalyzer } from "./analyzer-properties";
import type { AnalyzedResource, PolicyResult, PolicyViolation, RemediationResult } from "./policy-analyzer";

/** What one resource looks like to `Analyze` (internal keys left out) and `Remediate` (kept). */
export function analyzeRequest(resource: AnalyzedResource, internalKeys: "keep" | "skip"): AnalyzeRequest {
  return new AnalyzeRequest()
    .setUrn(resource.urn)
    .setType(resource.type)
    .setName(resource.name)
    .setProperties(encodeForAnalyzer(resource.properties, internalKeys))
    .setOptions(resourceOptions(resource))
    .setProvider(providerResource(resource));
}

export function analyzeStackRequest(resources: readonly AnalyzedResource[]): AnalyzeStackRequest {
  return new AnalyzeStackRequest().setResourcesList(resources.map(stackResource));
}

function stackResource(resource: AnalyzedResource): AnalyzerResource {
  const message = new AnalyzerResource()
    .setUrn(resource.urn)
    .setType(resource.type)
    .setName(resource.name)
    .setProperties(encodeForAnalyzer(resource.properties, "skip"))
    .setOptions(resourceOptions(resource))
    .setProvider(providerResource(resource))
    .setParent(resource.parent ?? "")
    .setDependenciesList([...resource.dependencies]);
  for (const [property, urns] of Object.entries(resource.propertyDependencies)) {
    if (urns.length === 0) continue;
    const dependencies = new AnalyzerPropertyDependencies().setUrnsList([...urns]);
    message.getPropertydependenciesMap().set(property, dependencies);
  }
  return message;
}

function resourceOptions({ options, parent }: AnalyzedResource): AnalyzerResourceOptions {
  const timeouts = new AnalyzerResourceOptions.CustomTimeouts()
    .setCreate(options.customTimeouts.create)
    .setUpdate(options.customTimeouts.update)
    .setDelete(options.customTimeouts.delete);
  return new AnalyzerResourceOptions()
    .setProtect(options.protect)
    .setIgnorechangesList([...options.ignoreChanges])
    .setDeletebeforereplace(options.deleteBeforeReplace ?? false)
    .setDeletebeforereplacedefined(options.deleteBeforeReplace !== undefined)
    .setAdditionalsecretoutputsList([...options.additionalSecretOutputs])
    .setAliasesList([...options.aliases])
    .setCustomtimeouts(timeouts)
    .setParent(parent ?? "");
}

function providerResource({ provider }: AnalyzedResource): AnalyzerProviderResource | undefined {
  if (provider === undefined) return undefined;
  return new AnalyzerProviderResource()
    .setUrn(provider.urn)
    .setType(provider.type)
    .setName(provider.name)
    .setProperties(encodeForAnalyzer(provider.properties, "skip"));
}

/**
 * What a pack answered, summed up as the engine sums it up: passed is every policy of the kind that neither failed nor was
 * not applicable, in alphabetical order.
 *
 * @param policies the names of the pack's enabled policies of the kind that ran
 */
export function policyResult(response: AnalyzeResponse, policies: readonly string[]): PolicyResult {
  const violations = response.getDiagnosticsList().map(
    (diagnostic): PolicyViolation => ({
      policyName: diagnostic.getPolicyname(),
      enforcementLevel: diagnostic.getEnforcementlevel() === EnforcementLevel.ADVISORY ? "advisory" : "mandatory",
      description: diagnostic.getDescription(),
      message: diagnostic.getMessage(),
      urn: diagnostic.getUrn() === "" ? undefined : diagnostic.getUrn(),
    }),
  );
  const notApplicable = response
    .getNotApplicableList()
    .map((policy) => ({ policyName: policy.getPolicyName(), reason: policy.getReason() }));
  const decided = new Set([...violations, ...notApplicable].map(({ policyName }) => policyName));
  return {
    violations,
    passed: policies.filter((name) => !decided.has(name)),
    notApplicable,
    undecided: violations.flatMap(undecidedBy),
  };
}

/** Which policies passed a remediation, and the advisories of those that could not be run. */
export function remediationReport(
  response: RemediateResponse,
  policies: readonly string[],
): Pick<RemediationResult, "passed" | "violations"> {
  const remediations = response.getRemediationsList();
  const decided = new Set([
    ...remediations.map((remediation) => remediation.getPolicyname()),
    ...response.getNotApplicableList().map((policy) => policy.getPolicyName()),
  ]);
  const violations = remediations
    .filter((remediation) => remediation.getDiagnostic() !== "")
    .map(
      (remediation): PolicyViolation => ({
        policyName: remediation.getPolicyname(),
        enforcementLevel: "advisory",
        description: remediation.getDescription(),
        message: remediation.getDiagnostic(),
        urn: undefined,
      }),
    );
  return { passed: policies.filter((name) => !decided.has(name)), violations };
}

/**
 * The two ways in which a pack says that it could not decide: the SDK's, when a policy touches an unknown value, and that of
 * this project's rules.
 */
const undecidedMessages = [
  /^can't run .* during preview: \w+ value at \.(?<path>.+) can't be known during preview$/s,
  /\ncan't run policy '[^']*' during preview: (?<path>.+) is known only at up, and is checked again there$/,
];

function undecidedBy({ policyName, message }: PolicyViolation): PolicyResult["undecided"] {
  const paths = undecidedMessages.flatMap((pattern) => pattern.exec(message)?.groups?.path ?? []);
  return paths.map((path) => ({ policyName, path }));
}
