import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { parsePropertyPath } from "../../../../lib/property-path";
import { azureNativeProvider } from "../../../../sandbox/clouds/azure-native";
import { generator } from "../../../../sandbox/clouds/azure-native/described-values.data-generator";
import { describedLimits, describedTypes, SdkPackage } from "../../../../sandbox/clouds/azure-native/sdk-descriptions";
import type { EmulatedProvider } from "../../../../sandbox/clouds/emulated-provider";
import { ServiceError } from "../../../../sandbox/engine/provider";
import { MemoryWorld } from "../../../../sandbox/world/world";
import { repositoryRoot } from "../../../stacks/alai-world";
import { allowedInputs, describedAt, fits, wrongIn, wrongInputs } from "./described-inputs";
import { type Disagreement, explainedDisagreements, lineOf } from "./disagreements";
import { type SentResource, sentResources } from "./sent-resources";

/** What describes each emulated type. */
const descriptions = describedTypes(azureNativeProvider(new MemoryWorld()).rules.values());
/** Types that no stack has today, though a component can make them. */
const unsent: Readonly<Record<string, PropertyMap>> = {
  "app:Certificate": { environmentName: "env", certificateName: "edge", properties: { value: "MIIB" } },
  "app:ManagedCertificate": { environmentName: "env", managedCertificateName: "cert" },
  "dbforpostgresql:FirewallRule": { serverName: "db", startIpAddress: "20.0.0.1", endIpAddress: "20.0.0.9" },
  "dbforpostgresql:VirtualEndpoint": { serverName: "db", endpointType: "ReadWrite", members: ["db"] },
};
/** Types that components send and that no release of Microsoft's SDKs on npm describes in a form that can be read. */
const undescribed = [
  // No package on npm describes them.
  "alertsmanagement:AlertProcessingRuleByName",
  "alertsmanagement:PrometheusRuleGroup",
  // @azure/arm-eventgrid has no newer release than 14.1.0, which knows no alerts as a destination.
  "eventgrid:SystemTopic",
  "eventgrid:SystemTopicEventSubscription",
  // @azure/arm-appinsights 4.0.0 describes workbooks of API 2021-08-01 and before; ours are of 2023-06-01.
  "applicationinsights:Workbook",
  // @azure/arm-monitor 7.0.0 is older than workspaces of metrics, and than rules that send to them.
  "monitor:AzureMonitorWorkspace",
  "monitor:DataCollectionRule",
  // The descriptions of @azure/arm-monitor 7.0.0 are of API 2018-04-16, whose bodies are others; 8.0.0 has none any more.
  "monitor:ScheduledQueryRule",
  // @azure/arm-redisenterprisecache has no newer release than 2.2.0, of API 2022-01-01, which had no access policies.
  "redisenterprise:AccessPolicyAssignment",
];
const subscription = "/subscriptions/00000000-0000-4000-8000-000000000001/";
/** The inputs of every resource that are no part of a request's body. */
const ofTheProvider = ["resourceGroupName", "__createBeforeDelete"];
/** Names of every length and kind that a limit may draw the line at. */
const names = [
  ...[1, 2, 3, 4, 5, 23, 24, 25, 32, 33, 50, 51, 63, 64, 80, 81, 90, 91, 120, 121, 127, 128, 256, 257],
  ...[
    "a-b",
    "-ab",
    "ab-",
    "a--b",
    "a_b",
    "_ab",
    "ab_",
    "a.b",
    ".ab",
    "ab.",
    "AbC",
    "1ab",
    "a b",
    "a(b)",
    "åbc",
    "a/b",
    "123",
  ],
].map((name) => (typeof name === "number" ? "a".repeat(name) : name));

describe("Microsoft's descriptions of the requests to Azure", () => {
  let provider: EmulatedProvider;
  let resources: readonly SentResource[];
  const found = new Set<string>();
  const say = (disagreement: Disagreement) => found.add(lineOf(disagreement));
  const packages = new Map<string, SdkPackage>();

  beforeAll(async () => {
    const sent = await sentResources();
    resources = sent.resources.filter(({ type }) => type.startsWith("azure-native:"));
    provider = azureNativeProvider(sent.world);
  }, 120_000);

  it("are there for every type that our components send", () => {
    const types = new Set([...resources.map(({ type }) => type.replace("azure-native:", "")), ...Object.keys(unsent)]);
    const told = "each has describedBy in its rule, or stands above among those that nothing describes";
    expect([...Object.keys(descriptions), ...undescribed].sort(), told).toEqual([...types].sort());
  });

  it("are what the emulated services read", async () => {
    for (const { path, text } of await generator.files({ root: repositoryRoot, signal: new AbortController().signal }))
      expect(readFileSync(join(repositoryRoot, path), "utf8"), "npm run generate").toBe(text);
  });

  it.each(Object.keys(descriptions))("%s: what is sent, what is refused, what a name may be", async (type) => {
    const { sdk, body, parameter } = descriptionOf(type);
    const own = resources.filter((resource) => resource.type === `azure-native:${type}`);
    for (const resource of own) findWrongSent(type, resource);
    // Of the subscription that the provider is set up for: in another one it finds no group, and refuses for that.
    const inSubscription = own.filter(({ id }) => !id.startsWith("/subscriptions/") || id.startsWith(subscription));
    const [largest] = inSubscription.toSorted((left, right) => sizeOf(right) - sizeOf(left));
    for (const [path] of describedLimits(sdk.body(body))) await compareRefusals(type, path, largest);
    const { name } = ruleOf(type);
    if (parameter === undefined || name === undefined) return;
    for (const each of names.filter((text) => name.pattern.test(text) && !fits(sdk.parameter(parameter), text)))
      say({ what: "accepted", type, path: name.property, values: [each] });
  });

  it("agree with us, or the table says why not", () => {
    expect([...found].sort()).toEqual([...explainedDisagreements("azure")].sort());
  });

  function descriptionOf(type: string) {
    const [name = "", body = "", parameter] = descriptions[type] ?? [];
    const sdk = packages.get(name) ?? new SdkPackage(name);
    packages.set(name, sdk);
    return { sdk, body, parameter };
  }

  function ruleOf(type: string) {
    const rule = provider.rules.get(`azure-native:${type}`);
    if (rule === undefined) throw new Error(`the sandbox does not model ${type}`);
    return rule;
  }

  function findWrongSent(type: string, { id, inputs }: SentResource): void {
    const { sdk, body } = descriptionOf(type);
    const rule = ruleOf(type);
    const inPath = [...ofTheProvider, rule.name?.property, ...Object.keys(rule.identity.inputs?.(id) ?? {})];
    const sent = Object.fromEntries(Object.entries(inputs).filter(([key]) => !inPath.includes(key)));
    for (const path of wrongIn(sdk.body(body), sent, "")) say({ what: "sent", type, path });
  }

  /** What breaks a limit at a path must be refused, and what just keeps it must not. */
  async function compareRefusals(type: string, path: string, sent: SentResource | undefined): Promise<void> {
    const { sdk, body } = descriptionOf(type);
    const inputs = sent?.inputs ?? unsent[type] ?? {};
    const described = describedAt(sdk.body(body), path);
    for (const wrong of wrongInputs(inputs, path, described)) {
      if (!(await refuses(type, wrong, path, sent))) say({ what: "accepted", type, path });
    }
    for (const { value, inputs: right } of allowedInputs(inputs, path, described)) {
      if (await isRefusedByCheck(type, right, path)) say({ what: "refused", type, path, values: [value] });
    }
    const values = ruleOf(type).allowed?.[path] ?? [];
    for (const value of values.filter((each) => typeof each === "string" && !fits(described.limits, each))) {
      say({ what: "accepted", type, path, values: [String(value)] });
    }
  }

  async function isRefusedByCheck(type: string, inputs: PropertyMap, path: string): Promise<boolean> {
    const token = `azure-native:${type}`;
    const resource = { type: token, name: "thing", urn: `urn:pulumi:test::referee::${token}::thing` };
    const randomSeed = new Uint8Array([1]);
    const { failures } = await provider.check({ ...resource, inputs, oldInputs: undefined, randomSeed });
    return failures.some(({ property }) => matches(property, path));
  }

  /** By the check of the inputs, or by the service itself. */
  async function refuses(type: string, inputs: PropertyMap, path: string, sent: SentResource | undefined) {
    if (await isRefusedByCheck(type, inputs, path)) return true;
    if (sent === undefined) return false;
    const state = { oldInputs: sent.inputs, oldOutputs: {}, ignoreChanges: [] };
    return provider.update({ ...sent, ...state, name: "thing", inputs, preview: false, timeout: 0 }).then(
      () => false,
      (error: unknown) => error instanceof ServiceError && error.message.includes(path.split(".").at(-1) ?? path),
    );
  }
});

function sizeOf({ inputs }: SentResource): number {
  return JSON.stringify(inputs).length;
}

/** Whether a property lies at a path with `*`. */
function matches(property: string, path: string): boolean {
  const [steps, pattern] = [parsePropertyPath(property), parsePropertyPath(path)];
  return steps.length === pattern.length && pattern.every((step, index) => step === "*" || step === steps[index]);
}
