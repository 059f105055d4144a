import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InProcessAnalyzer } from "../../deployment/policies/in-process-analyzer";
import type { AnalyzedResource } from "../../deployment/policies/policy-analyzer";
import { type PropertyMap, Secret, unknown } from "../../deployment/values/property-value";
import { shapeFiles } from "../../operations/policies/stack-shapes";
import { readStackShape } from "../../policies/parity/parity-settings";
import { RulePack } from "../../policies/rule-pack";
import { ruleIds } from "../../policies/rules";
import { defaultParameters, readStackParameters } from "../../policies/stack-parameters";
import type { RehearsedStack } from "../../sandbox/project/rehearsal";
import { analyzedResource } from "./analyzed-resource";
import { comparedWith } from "./cases/parity";

const app = "azure-native:app:ContainerApp";
const type = "azure-native:operationalinsights:Workspace";
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "parity-"));
  mkdirSync(join(directory, "parameters"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const declare = (yaml: string) => writeFileSync(join(directory, "parameters", "dev.yaml"), yaml);
const parameters = (stack: string) => readStackParameters(join(directory, "parameters"), stack, ruleIds);

describe("the comparison of a stack with another", () => {
  const analyze = async (properties: PropertyMap, stack: string, name = "thing") => {
    const parametersOf = (of: string) => ({
      ...defaultParameters(of),
      ...(of === "dev" ? { parity: comparedWith } : {}),
    });
    const pack = new RulePack({ exceptions: [], parametersOf, today: "2026-06-01" });
    const result = await new InProcessAnalyzer(pack, "1", "policies").analyze(
      analyzedResource(type, properties, { stack, name }),
    );
    const own = ({ policyName }: { readonly policyName: string }) => policyName === "stack-parity";
    return { violations: result.violations.filter(own), reasons: result.notApplicable.filter(own) };
  };

  it("is an advice, and repeats no value of the stack, which could be a secret", async () => {
    const { violations } = await analyze({ retentionInDays: 4711, sku: { name: "horse" } }, "dev");
    expect(violations.every(({ enforcementLevel }) => enforcementLevel === "advisory")).toBe(true);
    expect(JSON.stringify(violations)).toContain("365");
    expect(JSON.stringify(violations)).not.toMatch(/4711|horse/);
  });

  it("is not made for stacks that are compared with none, nor for what the other does not have", async () => {
    expect((await analyze({}, "prod")).reasons).toHaveLength(1);
    expect((await analyze({}, "dev", "another")).reasons).toHaveLength(1);
  });

  it("leaves declared differences alone, with all that is in them, and nothing else", async () => {
    const { violations } = await analyze({ quota: { daily: [1] }, quotas: 2 }, "dev");
    const messages = violations.map(({ message }) => message.split("\n")[1] ?? "");
    expect(messages.filter((message) => message.startsWith("quota."))).toEqual([]);
    expect(messages.filter((message) => message.startsWith("quotas "))).toHaveLength(1);
  });
});

describe("the parameters", () => {
  it("say everything that is wrong with a declared difference", () => {
    declare("parity: { with: prod, differs: [{ type: a, property: b }, { kind: c }] }");
    expect(() => parameters("dev")).toThrow(
      /dev\.yaml:\d+:\d+ parity\.differs\[0\]\.reason: expected text, got nothing: the key is missing[\s\S]*differs\[1\]\.kind: unknown key/,
    );
  });

  it("of a stack whose counterpart was never recorded, or cannot be read, say how to record it", () => {
    declare("parity: { with: prod }");
    const shape = () => parameters("dev").parity?.shape();
    expect(shape).toThrow(/policies\/shapes\/prod.generated.json: is missing; write it with npm run generate/);
    mkdirSync(join(directory, "shapes"));
    for (const wrong of ["{", '{"stack":"dev","resources":{}}', '{"stack":"prod","resources":{"a":{"settings":{}}}}']) {
      writeFileSync(join(directory, "shapes", "prod.generated.json"), wrong);
      expect(shape).toThrow(/policies\/shapes\/prod.generated.json.*npm run generate/);
    }
  });
});

describe("a recorded shape", () => {
  const run = (resources: readonly AnalyzedResource[], members = resources) => ({
    result: "succeeded",
    errors: [],
    resources,
    members,
    imported: new Set<string>(),
  });
  const thing = (stack: string, properties: PropertyMap, name = "web") =>
    analyzedResource(app, properties, { stack, name });
  const id = "/subscriptions/1/things/web";

  it("holds what both stacks have, without names, secrets and what services gave", () => {
    declare("parity: { with: prod }");
    const planned = thing("prod", { size: 2, template: unknown });
    const made = thing("prod", {
      size: 2,
      containerAppName: "web-prod",
      template: { host: "server-1f.example.net:5432", mode: "fast", password: new Secret("horse"), parent: id },
    });
    const server = thing("prod", { fqdn: "server-1f.example.net" }, "only-prod");
    const prod: RehearsedStack = {
      stack: "prod",
      preview: run([planned, thing("prod", {}, "only-prod")]),
      up: run([made, thing("prod", {}, "only-prod")], [made, server]),
    };
    const dev: RehearsedStack = { stack: "dev", preview: run([]), up: run([thing("dev", { size: 1 })]) };
    const [file] = shapeFiles(directory, [prod, dev]);
    mkdirSync(join(directory, "shapes"));
    writeFileSync(file?.path ?? "", file?.text ?? "");
    expect(readStackShape(directory, "prod").resources).toEqual({
      [`${app} web`]: {
        settings: { size: 2, "template.mode": "fast" },
        computed: ["template.host", "template.parent", "template.password"],
      },
    });
  });
});
