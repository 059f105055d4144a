import { describe, expect, it } from "vitest";
import { InProcessAnalyzer } from "../../deployment/policies/in-process-analyzer";
import { type PropertyMap, unknown } from "../../deployment/values/property-value";
import { type PolicyException, parseExceptions } from "../../policies/exceptions";
import { PolicyFileError } from "../../policies/pack-file";
import { RulePack } from "../../policies/rule-pack";
import { ruleIds } from "../../policies/rules";
import { defaultParameters, type StackParameters } from "../../policies/stack-parameters";
import { analyzedResource } from "./analyzed-resource";

const account = "azure-native:storage:StorageAccount";
const rule = "storage-no-public-blobs";
const today = "2026-06-01";

const exception = (change: Partial<PolicyException> = {}): PolicyException => ({
  resource: `urn:pulumi:dev::alai::*${account}::public`,
  rule,
  finding: "allowBlobPublicAccess is true, expected false, or not set",
  reason: "serves the status page until it moves to Pages",
  owner: "platform",
  expires: "2026-06-01",
  ...change,
});

function analyzer(...exceptions: PolicyException[]): InProcessAnalyzer {
  const parametersOf = (stack: string): StackParameters => ({ ...defaultParameters(stack), tiers: { api: "P0" } });
  const pack = new RulePack({ exceptions, parametersOf, today });
  return new InProcessAnalyzer(pack, "1.0.0", "policies");
}

const publicAccount = analyzedResource(account, { allowBlobPublicAccess: true }, { name: "public" });
const levels = async (with_: InProcessAnalyzer, resource = publicAccount) =>
  (await with_.analyze(resource)).violations
    .filter(({ policyName }) => policyName === rule)
    .map(({ enforcementLevel, message }) => ({ enforcementLevel, message }));
/** What is said of the exceptions themselves. */
const ofStack = async (with_: InProcessAnalyzer, resource = publicAccount) =>
  (await with_.analyzeStack([resource])).violations
    .filter(({ policyName }) => policyName.startsWith("exceptions-"))
    .map(({ policyName, enforcementLevel, message }) => ({ policyName, enforcementLevel, message }));

describe("an exception", () => {
  it("turns its violation into an advisory that says why, until its last day", async () => {
    const excepted = analyzer(exception());
    const [report, ...others] = await levels(excepted);
    expect(others).toEqual([]);
    expect(report?.enforcementLevel).toBe("advisory");
    expect(report?.message).toContain(
      "Excepted until 2026-06-01 by platform: serves the status page until it moves to Pages",
    );
    expect(await ofStack(excepted)).toEqual([]);
  });

  it("covers all preview environments of a system, and no other stack", async () => {
    const previews = analyzer(exception({ resource: `urn:pulumi:acme-pr-*::alai::*${account}::public` }));
    const level = async (stack: string) => {
      const resource = {
        ...publicAccount,
        urn: publicAccount.urn.replace("urn:pulumi:dev::", `urn:pulumi:${stack}::`),
      };
      return (await levels(previews, resource)).map(({ enforcementLevel }) => enforcementLevel).join();
    };
    const stacks = ["acme-pr-12", "acme-pr-x", "acme-pr-12-prod", "pr-12", "north-acme-pr-12", "acme-prod"];
    const found = await Promise.all(stacks.map(level));
    expect(found).toEqual(["advisory", ...stacks.slice(1).map(() => "mandatory")]);
  });

  it("covers its own rule and resource only", async () => {
    const others = [
      exception({ rule: "storage-private" }),
      exception({ resource: `urn:pulumi:dev::alai::*${account}::other` }),
      exception({ resource: `urn:pulumi:prod::alai::*${account}::public` }),
    ];
    const [report] = await levels(analyzer(...others));
    expect(report?.enforcementLevel).toBe("mandatory");
  });

  it("covers its own finding only, and says so of another", async () => {
    const app = "azure-native:app:ContainerApp";
    const replicas = analyzer({
      ...exception({ resource: `urn:pulumi:prod::alai::*${app}::*`, rule: "container-app-replicas" }),
      finding: "template.scale.minReplicas is 1, expected at least 2",
    });
    const said = async (properties: PropertyMap, name = "api") => {
      const { violations } = await replicas.analyze(analyzedResource(app, properties, { stack: "prod", name }));
      const found = violations.filter(({ policyName }) => policyName === "container-app-replicas");
      return found.map(({ enforcementLevel, message }) => `${enforcementLevel} ${message.split("\n")[1]}`);
    };
    const another =
      "The exception of platform is for another finding: template.scale.minReplicas is 1, expected at least 2.";
    expect((await said({ template: { scale: { minReplicas: 1 } } }))[0]).toMatch(/^advisory .* Excepted until /);
    expect((await said({ template: { scale: { minReplicas: 0 } } }))[0]).toContain(
      `mandatory template.scale.minReplicas is 0, expected at least 2. ${another} `,
    );
    expect((await said({}))[0]).toContain(
      `mandatory template.scale.minReplicas is not set, expected at least 2. ${another} `,
    );
    expect((await said({}, "untiered"))[0]).toContain(
      "mandatory untiered has no tier, so nobody knows what it promises.",
    );
  });

  it("with * in the types leads no further than the types", async () => {
    const [report] = await levels(
      analyzer(exception({ resource: `urn:pulumi:dev::alai::*${account}::public` })),
      analyzedResource(account, { allowBlobPublicAccess: true }, { name: `other::${account}::public` }),
    );
    expect(report?.enforcementLevel).toBe("mandatory");
  });

  it("is a violation once it has expired, beside the one it covered", async () => {
    const expired = analyzer(exception({ expires: "2026-05-31" }));
    const [report] = await levels(expired);
    expect(report?.enforcementLevel).toBe("mandatory");
    expect(report?.message).toContain("The exception of platform for it expired on 2026-05-31.");
    expect(await ofStack(expired)).toMatchObject([{ policyName: "exceptions-expired", enforcementLevel: "mandatory" }]);
  });

  it("is reported when it matches no resource", async () => {
    const unused = analyzer(exception({ resource: `urn:pulumi:dev::alai::*${account}::gone` }));
    await levels(unused);
    const [report, ...others] = await ofStack(unused);
    expect(others).toEqual([]);
    expect(report).toMatchObject({ policyName: "exceptions-unused", enforcementLevel: "advisory" });
    expect(report?.message).toContain("::gone matches no violation");
  });

  it("is reported when its resource complies", async () => {
    const unneeded = analyzer(exception());
    const compliant = analyzedResource(account, { allowBlobPublicAccess: false }, { name: "public" });
    expect(await levels(unneeded, compliant)).toEqual([]);
    expect(await ofStack(unneeded)).toMatchObject([{ policyName: "exceptions-unused" }]);
  });

  it("is not called unused while its rule cannot be decided", async () => {
    const open = analyzer(exception());
    await levels(open, analyzedResource(account, { allowBlobPublicAccess: unknown }, { name: "public" }));
    expect(await ofStack(open)).toEqual([]);
  });

  it("of another stack is that stack's business", async () => {
    const elsewhere = exception({ resource: `urn:pulumi:prod::alai::*${account}::gone`, expires: "2026-01-01" });
    expect(await ofStack(analyzer(elsewhere))).toEqual([]);
  });
});

describe("the exceptions file", () => {
  const entry = `
  - resource: urn:pulumi:dev::alai::${account}::public
    rule: ${rule}
    finding: allowBlobPublicAccess is true, expected false, or not set
    reason: serves the status page until it moves to Pages
    owner: platform
    expires: 2026-06-01`;

  it("is read", () => {
    expect(parseExceptions(`exceptions:${entry}`, ruleIds)).toEqual([
      exception({ resource: `urn:pulumi:dev::alai::${account}::public` }),
    ]);
  });

  it.each(["", "exceptions: []", "# nothing"])("may be empty: %j", (source) => {
    expect(parseExceptions(source, ruleIds)).toEqual([]);
  });

  it("tells everything that is wrong at once", () => {
    const source = `exceptions:${entry}${entry}
  - resource: "*"
    rule: storage-no-public-blob
    reason: because
    expires: tomorrow
    until: 2026-06-01
  - not a mapping
other: 1`;
    expect(problemsOf(source)).toEqual([
      'policies/exceptions.yaml:20:1 other: unknown key "other"; known keys: exceptions',
      'policies/exceptions.yaml:18:5 exceptions[2].until: unknown key "until"; known keys: resource, rule, finding, reason, owner, expires',
      "policies/exceptions.yaml:14:5 exceptions[2].finding: expected text, got nothing: the key is missing",
      "policies/exceptions.yaml:14:5 exceptions[2].owner: expected text, got nothing: the key is missing",
      'policies/exceptions.yaml:14:15 exceptions[2].resource: expected urn:pulumi:<stack>::<project>::<types>::<name>, with * only in types and name, or as the number of a stack pr-*, got "*"',
      'policies/exceptions.yaml:15:11 exceptions[2].rule: no rule is called "storage-no-public-blob"; did you mean "storage-no-public-blobs"?',
      'policies/exceptions.yaml:16:13 exceptions[2].reason: expected at least 15 characters that say why, got "because"',
      'policies/exceptions.yaml:17:14 exceptions[2].expires: expected a day as YYYY-MM-DD, got "tomorrow"',
      'policies/exceptions.yaml:19:5 exceptions[3]: expected a map with resource, rule, finding, reason, owner, expires, got "not a mapping"',
      "policies/exceptions.yaml:8:5 exceptions[1]: has the resource, rule and finding of exceptions[0]; remove one",
    ]);
  });

  it.each(["2026-02-30", "2026-6-1", "01.06.2026"])("refuses %s as a day", (day) => {
    expect(problemsOf(`exceptions:${entry.replace("2026-06-01", `"${day}"`)}`)).toHaveLength(1);
  });

  it.each(["urn:pulumi:*::alai::a:b:C::name", "urn:pulumi:dev::*::a:b:C::name", "name"])(
    "refuses %s as a resource",
    (resource) => {
      const source = `exceptions:${entry.replace(/resource: \S+/, `resource: "${resource}"`)}`;
      expect(problemsOf(source)).toHaveLength(1);
    },
  );

  it("refuses what is not YAML", () => {
    expect(problemsOf("exceptions: [")[0]).toMatch(/^policies\/exceptions\.yaml:1:\d+ not valid YAML: /);
  });
});

function problemsOf(source: string): readonly string[] {
  try {
    parseExceptions(source, ruleIds);
  } catch (error) {
    if (error instanceof PolicyFileError) return error.problems;
    throw error;
  }
  return [];
}
