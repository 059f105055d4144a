import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AnalyzerProcess } from "../../deployment/policies/analyzer-process";
import { Secret, unknown } from "../../deployment/values/property-value";
import { analyzedResource } from "./analyzed-resource";

const account = "azure-native:storage:StorageAccount";

describe("a pack over the Analyzer protocol", () => {
  let pack: AnalyzerProcess;
  beforeAll(async () => {
    pack = await AnalyzerProcess.start("test/fixtures/real-engine/policies");
  });
  afterAll(() => pack.close());

  it("is labelled as the real engine labels it", () => {
    expect([pack.packName, pack.packVersion, pack.packLabel]).toEqual([
      "conformance",
      "1.0.0",
      "conformance|local|test/fixtures/real-engine/policies",
    ]);
  });

  it("passes what complies, names in alphabetical order", async () => {
    const result = await pack.analyze(analyzedResource(account, { allowBlobPublicAccess: false }));
    expect(result).toEqual({
      violations: [],
      passed: ["no-public-blobs", "records-named-one"],
      notApplicable: [],
      undecided: [],
    });
  });

  it("reports a violation with the message that the real engine's event holds", async () => {
    const result = await pack.analyze(analyzedResource(account, { allowBlobPublicAccess: new Secret(true) }));
    expect(result.passed).toEqual(["records-named-one"]);
    expect(result.violations).toEqual([
      {
        policyName: "no-public-blobs",
        enforcementLevel: "mandatory",
        description: "Blob public access is off.",
        message: "Blob public access is off.\nallowBlobPublicAccess must be false",
        urn: undefined,
      },
    ]);
  });

  it("reports a policy that touches an unknown as undecided, and as the advisory the real engine shows", async () => {
    const result = await pack.analyze(analyzedResource(account, { allowBlobPublicAccess: unknown }));
    expect(result.undecided).toEqual([{ policyName: "no-public-blobs", path: "allowBlobPublicAccess" }]);
    expect(result.violations[0]?.enforcementLevel).toBe("advisory");
    expect(result.passed).toEqual(["records-named-one"]);
  });

  it("lists policies without remediation as passed, properties unchanged", async () => {
    const properties = { allowBlobPublicAccess: true };
    expect(await pack.remediate(analyzedResource(account, properties))).toEqual({
      properties,
      passed: ["no-public-blobs", "records-named-one"],
      violations: [],
      remediations: [],
    });
  });

  it("checks the whole stack", async () => {
    const lacking = await pack.analyzeStack([analyzedResource(account, {})]);
    expect(lacking.violations.map(({ policyName }) => policyName)).toEqual(["stack-has-a-group"]);
    const complete = await pack.analyzeStack([analyzedResource("azure-native:resources:ResourceGroup", {})]);
    expect(complete).toEqual({ violations: [], passed: ["stack-has-a-group"], notApplicable: [], undecided: [] });
  });
});
