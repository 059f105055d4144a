import { describe, expect, it } from "vitest";
import { AnalyzerProcess } from "../../deployment/policies/analyzer-process";
import { loadPolicyPack } from "../../deployment/policies/load-policy-pack";
import { PolicyPackError } from "../../deployment/policies/policy-pack-error";
import { Secret, unknown } from "../../deployment/values/property-value";
import { smallProject } from "../cli/small-project";
import { analyzedResource } from "./analyzed-resource";
import { packOf, writtenPack } from "./written-pack";

const account = "azure-native:storage:StorageAccount";

async function failure(promise: Promise<unknown>): Promise<PolicyPackError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof PolicyPackError) return error;
  throw new Error(`expected a PolicyPackError, got ${String(error)}`);
}

describe("a pack that does not load blocks", () => {
  it.each([
    ["it throws", writtenPackThat('throw new Error("no rules today");'), "no rules today"],
    ["it is not JavaScript", writtenPackThat("const = 1;"), "SyntaxError"],
    ["it ends without serving", writtenPackThat("process.exit(0);"), "exit code 0"],
    ["its name is not allowed", writtenPackThat('new (require("@pulumi/policy").PolicyPack)("a b", {});'), "a b"],
    [
      "it needs another runtime",
      () => writtenPack("", "runtime: python\n"),
      'PulumiPolicy.yaml:1:10 runtime: expected nodejs, got "python"',
    ],
    ["its manifest is not YAML", () => writtenPack("", "runtime: [\n"), "PulumiPolicy.yaml"],
    ["there is none", () => "test/policies", "PulumiPolicy.yaml is missing"],
  ])("because %s", async (_reason, directory, message) => {
    const error = await failure(loadPolicyPack(directory()));
    expect(error.stage).toBe("load");
    expect(error.message).toContain(message);
  });
});

function writtenPackThat(program: string): () => string {
  return () => writtenPack(program);
}

describe("a pack outside the repository", () => {
  it("is labelled by its own name and the directory as given", async () => {
    const directory = writtenPack(packOf("validateResource: () => {}"));
    const pack = await loadPolicyPack(directory);
    try {
      expect([pack.packLabel, pack.packVersion]).toEqual([`written|local|${directory}`, "2.0.0"]);
    } finally {
      await pack.close();
    }
  });

  it("takes its version from PulumiPolicy.yaml where that has one", async () => {
    const directory = writtenPack(packOf("validateResource: () => {}"), "runtime: nodejs\nversion: 3.1.0\n");
    const pack = await loadPolicyPack(directory);
    await pack.close();
    expect(pack.packVersion).toBe("3.1.0");
  });

  it("fails the run when a policy throws", async () => {
    const pack = await AnalyzerProcess.start(
      writtenPack(packOf('validateResource: () => { throw new Error("broken"); }')),
    );
    const error = await failure(pack.analyze(analyzedResource(account, {})));
    await pack.close();
    expect(error.stage).toBe("run");
    expect(error.message).toContain("failed to run policy: ");
    expect(error.message).toContain("Error validating resource with policy 'one' from policy pack 'written@v2.0.0'");
    expect(error.message).toContain("broken");
  });

  it("fails the run when it dies", async () => {
    const pack = await AnalyzerProcess.start(writtenPack(packOf("validateResource: () => { process.exit(3); }")));
    const error = await failure(pack.analyze(analyzedResource(account, {})));
    await pack.close();
    expect(error.stage).toBe("run");
  });

  it("sees the stack's name and configuration", async () => {
    const report = `validateStack: (_, report) => {
      const pulumi = require("@pulumi/pulumi");
      report([pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack(), pulumi.runtime.isDryRun(),
        new pulumi.Config("alai").require("environment")].join(" "));
    }`;
    const context = {
      organization: "organization",
      project: "alai",
      stack: "dev",
      dryRun: true,
      config: new Map([["alai:environment", "test"]]),
    };
    const pack = await AnalyzerProcess.start(writtenPack(packOf(report)), context);
    const { violations } = await pack.analyzeStack([]);
    await pack.close();
    expect(violations.map(({ message }) => message)).toEqual(["One.\norganization alai dev true test"]);
  });

  it("changes properties, secrets and unknowns kept", async () => {
    const remediation = `enforcementLevel: "remediate", remediateResource: ({ props }) => {
      props.allowBlobPublicAccess = false;
      return props;
    }`;
    const pack = await AnalyzerProcess.start(writtenPack(packOf(remediation)));
    const properties = { allowBlobPublicAccess: true, key: new Secret("s3cret"), tags: unknown, __internal: {} };
    const result = await pack.remediate(analyzedResource(account, properties));
    await pack.close();
    expect(result.properties).toEqual({ ...properties, allowBlobPublicAccess: false });
    expect(result.remediations).toEqual([{ policyName: "one", before: properties, after: result.properties }]);
    expect(result.passed).toEqual([]);
  });

  it("shows what a remediation changes without the secrets of the configuration, also where a program reads them as plain", async () => {
    const project = smallProject();
    project.write(
      "index.ts",
      `import * as pulumi from "@pulumi/pulumi";
import { ResourceGroup } from "@pulumi/azure-native/resources";
new ResourceGroup("group", { resourceGroupName: "small-group", location: "swedencentral", tags: { owner: new pulumi.Config().require("owner") } });
`,
    );
    const remediation = `enforcementLevel: "remediate", remediateResource: ({ props, type }) =>
      type === "azure-native:resources:ResourceGroup" ? { ...props, tags: { ...props.tags, team: "web" } } : undefined`;
    try {
      const run = await project.runHere(["preview", "--json", "--policy-pack", writtenPack(packOf(remediation))]);
      expect(run.output).toMatch(/"policyRemediationEvent":.*"team":"web"/);
      expect(run.output + run.errors).not.toContain("canary-owner");
    } finally {
      project.remove();
    }
  });

  it("says which remediation touched an unknown value, and changes nothing", async () => {
    const remediation = `enforcementLevel: "remediate", remediateResource: ({ props }) => {
      if (props.tags.Team === "") return { ...props, tags: { Team: "platform" } };
    }`;
    const pack = await AnalyzerProcess.start(writtenPack(packOf(remediation)));
    const properties = { tags: { Team: unknown } };
    const result = await pack.remediate(analyzedResource(account, properties));
    await pack.close();
    expect(result).toMatchObject({ properties, passed: [], remediations: [] });
    expect(result.violations).toMatchObject([{ policyName: "one", enforcementLevel: "advisory" }]);
    expect(result.violations[0]?.message).toMatch(
      /^can't run remediation 'one' .* value at \.tags\.Team can't be known/,
    );
  });
});
