import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AnalyzerProcess } from "../../deployment/policies/analyzer-process";
import { loadPolicyPack } from "../../deployment/policies/load-policy-pack";
import type { AnalyzedResource, PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import { Asset, ResourceReference, Secret, unknown } from "../../deployment/values/property-value";
import { analyzedResource } from "./analyzed-resource";
import { allCases } from "./cases/all-cases";
import { sorted } from "./evaluator-comparison";
import { compliantProperties, guardedProperties, mutationsOf } from "./guarded-properties";

/** Values that the protocol encodes in its own way, where a rule reads them and where none does. */
const encoded: readonly AnalyzedResource[] = [
  analyzedResource("azure-native:storage:StorageAccount", {
    allowBlobPublicAccess: new Secret(true),
    minimumTlsVersion: new Secret(unknown),
    networkRuleSet: { defaultAction: "Deny", ipRules: [new Secret({ iPAddressOrRange: "192.0.2.1" }), unknown] },
    tags: new Secret({ Project: "alai", Environment: "dev" }),
    __defaults: ["x"],
  }),
  analyzedResource("azure-native:dbforpostgresql:Server", {
    network: { delegatedSubnetResourceId: new ResourceReference("urn:x", "/subnets/db", "3.28.0") },
    tags: { Team: new Asset({ text: "x" }, "hash"), Project: null },
  }),
];

const resources: readonly AnalyzedResource[] = [
  ...allCases.flatMap(({ type, compliant, violating, notApplicable, undecided, otherTokens }) =>
    [
      ...Object.values(compliant),
      ...Object.values(violating).map(([properties]) => properties),
      ...Object.values(notApplicable ?? {}),
      ...Object.values(undecided).map(([properties]) => properties),
    ].flatMap((properties) => [type, ...otherTokens].map((token) => analyzedResource(token, properties))),
  ),
  ...guardedProperties.flatMap((guarded) => {
    const properties = compliantProperties(guarded);
    const changed = mutationsOf(guarded, properties).map(({ after }) => after);
    return changed.map((one) => analyzedResource(guarded.type, one, { stack: "prod" }));
  }),
  ...encoded,
  analyzedResource("pulumi:pulumi:Stack", {}),
];

describe("this project's pack in process and over the Analyzer protocol", () => {
  let inProcess: PolicyAnalyzer;
  let overProtocol: AnalyzerProcess;
  beforeAll(async () => {
    inProcess = await loadPolicyPack("policies");
    overProtocol = await AnalyzerProcess.start("policies");
  });
  afterAll(() => overProtocol.close());

  it("have the same name, version and label", () => {
    const identity = ({ packName, packVersion, packLabel }: PolicyAnalyzer) => [packName, packVersion, packLabel];
    expect(identity(inProcess)).toEqual(identity(overProtocol));
  });

  it("give the same answers for every resource of the rules' cases", async () => {
    const answersOf = (analyzer: PolicyAnalyzer) =>
      Promise.all(resources.map(async (resource) => [resource.type, sorted(await analyzer.analyze(resource))]));
    expect(await answersOf(inProcess)).toEqual(await answersOf(overProtocol));
  });

  it("give the same answers for the stack and leave properties as they are", async () => {
    expect(sorted(await inProcess.analyzeStack(resources))).toEqual(sorted(await overProtocol.analyzeStack(resources)));
    for (const resource of encoded) {
      expect(await inProcess.remediate(resource)).toEqual(await overProtocol.remediate(resource));
    }
  });
});
