import { describe, expect, it } from "vitest";
import { InProcessAnalyzer } from "../../deployment/policies/in-process-analyzer";
import type { PolicyResult } from "../../deployment/policies/policy-analyzer";
import { type PropertyMap, unknown } from "../../deployment/values/property-value";
import {
  certificateContentType,
  certificateNotSet,
  heldContentType,
  placeholderContentType,
  secretNotSet,
} from "../../lib/secret-not-set";
import type { RuleLevel } from "../../policies/rule";
import { RulePack } from "../../policies/rule-pack";
import { rules } from "../../policies/rules";
import { defaultParameters } from "../../policies/stack-parameters";
import { analyzedResource } from "./analyzed-resource";
import { allCases } from "./cases/all-cases";
import { comparedWith } from "./cases/parity";
import { appBehindTheEdge, declaredParameters } from "./cases/rule-case";

const pack = new RulePack({
  exceptions: [],
  parametersOf: (stack) => ({
    ...defaultParameters(stack),
    levels: Object.fromEntries(rules.map(({ id }): [string, RuleLevel] => [id, "mandatory"])),
    ...declaredParameters,
    parity: comparedWith,
  }),
  today: "2026-06-01",
});
const analyzer = new InProcessAnalyzer(pack, "1.0.0", "policies");

/** What a rule said: one of four answers, with the paths it named. */
function answer(result: PolicyResult, rule: string): readonly [string, ...string[]] {
  if (result.passed.includes(rule)) return ["compliant"];
  if (result.notApplicable.some(({ policyName }) => policyName === rule)) return ["not applicable"];
  const undecided = result.undecided.filter(({ policyName }) => policyName === rule).map(({ path }) => path);
  if (undecided.length > 0) return ["undecided", ...undecided];
  const violations = result.violations.filter(({ policyName }) => policyName === rule);
  expect(violations.every(({ enforcementLevel }) => enforcementLevel === "mandatory")).toBe(true);
  return ["violation", ...violations.map(({ message }) => message.split("\n")[1]?.split(" ")[0] ?? "")];
}

async function ask(rule: string, type: string, properties: PropertyMap, name = "thing") {
  return answer(await analyzer.analyze(analyzedResource(type, properties, { name })), rule);
}

describe.each(allCases)(
  "$rule on $type",
  ({ rule, type, compliant, violating, notApplicable, undecided, otherTokens }) => {
    it.each(Object.entries(compliant))("complies: %s", async (_name, properties) => {
      expect(await ask(rule, type, properties)).toEqual(["compliant"]);
    });

    it.each(Object.entries(violating))("violates: %s", async (_name, [properties, ...paths]) => {
      expect(await ask(rule, type, properties)).toEqual(["violation", ...paths]);
    });

    it.each(Object.entries(notApplicable ?? {}))("is not applicable: %s", async (_name, properties) => {
      expect(await ask(rule, type, properties)).toEqual(["not applicable"]);
    });

    it.each(Object.entries(undecided))("cannot tell yet: %s", async (_name, [properties, path]) => {
      expect(await ask(rule, type, properties)).toEqual(["undecided", path]);
    });

    it("is not applicable to types it is not about", async () => {
      const [properties] = Object.values(violating)[0] ?? [{}];
      for (const other of [
        "pulumi:pulumi:Stack",
        "cloudflare:index/dnsRecord:DnsRecord",
        "landscape:thing:Component",
      ]) {
        expect(await ask(rule, other, properties)).toEqual(["not applicable"]);
      }
    });

    it.each(otherTokens)("knows the type as %s, too", async (token) => {
      for (const [properties, ...paths] of Object.values(violating)) {
        expect(await ask(rule, token, properties)).toEqual(["violation", ...paths]);
      }
    });
  },
);

it("names rules that there are", () => {
  const ids = rules.map(({ id }) => id);
  expect(allCases.filter(({ rule }) => !ids.includes(rule))).toEqual([]);
});

it("lets an app answer the internet that the stack declares to stand behind the edge", async () => {
  const app = "azure-native:app:ContainerApp";
  const allow = (ipAddressRange: string) => ({ action: "Allow", ipAddressRange });
  const answered = (ingress: object, name = appBehindTheEdge) =>
    ask("container-app-not-exposed", app, { configuration: { ingress: { external: true, ...ingress } } }, name);
  const edge = { ipSecurityRestrictions: [allow("104.16.0.0/13")], clientCertificateMode: "Require" };
  const path = "configuration.ingress";
  expect(await answered(edge)).toEqual(["compliant"]);
  expect((await answered(edge, "other"))[0]).toBe("violation");
  expect(await answered({ ...edge, ipSecurityRestrictions: [] })).toEqual([
    "violation",
    `${path}.external`,
    `${path}.ipSecurityRestrictions`,
  ]);
  expect(await answered({ ...edge, ipSecurityRestrictions: [allow("104.16.0.0/12")] })).toEqual([
    "violation",
    `${path}.external`,
    `${path}.ipSecurityRestrictions[0].ipAddressRange`,
  ]);
  expect(await answered({ ...edge, clientCertificateMode: "accept" })).toEqual([
    "violation",
    `${path}.external`,
    `${path}.clientCertificateMode`,
  ]);
  const environment = "azure-native:app:ManagedEnvironment";
  const open = { vnetConfiguration: { internal: false }, publicNetworkAccess: "Enabled" };
  expect(await ask("apps-environment-private", environment, open, appBehindTheEdge)).toEqual(["compliant"]);
  expect((await ask("apps-environment-private", environment, open, "other"))[0]).toBe("violation");
});

it("lets a network have the addresses that its apps call out from", async () => {
  const answered = (name: string) => ask("no-public-address", "azure-native:network:PublicIPAddress", {}, name);
  expect(await answered("way-out")).toEqual(["compliant"]);
  expect((await answered("other"))[0]).toBe("violation");
});

it("lets everybody read a bucket that the stack declares, over TLS of today", async () => {
  const answered = (minTls: string, name: string) =>
    ask("no-public-bucket", "cloudflare:index/r2CustomDomain:R2CustomDomain", { enabled: true, minTls }, name);
  expect(await answered("1.2", "shop-window")).toEqual(["compliant"]);
  expect(await answered("1.0", "shop-window")).toEqual(["violation", "minTls"]);
  expect(await answered("1.2", "other")).toEqual(["violation", "enabled"]);
});

it("lets what comes again keep alerts back outside production where it leaves people two days of each week", async () => {
  const type = "azure-native:alertsmanagement:AlertProcessingRuleByName";
  const answered = async (recurrences: PropertyMap[string], stack = "dev") => {
    const properties = { actions: [{ actionType: "RemoveAllActionGroups" }], schedule: { recurrences } };
    return answer(
      await analyzer.analyze(analyzedResource(type, { properties }, { name: "night", stack })),
      "suppressions-end",
    );
  };
  const daily = (startTime: string, endTime: string) => ({ recurrenceType: "Daily", startTime, endTime });
  const on = (...daysOfWeek: string[]) => ({ recurrenceType: "Weekly", daysOfWeek });
  const nights = [daily("19:00:00", "04:30:00"), { ...on("Saturday", "Sunday"), startTime: "04:00", endTime: "19:00" }];
  expect(await answered(nights)).toEqual(["compliant"]);
  expect(await answered([on("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")])).toEqual(["compliant"]);
  const path = "properties.schedule.recurrences";
  for (const [recurrences, stack] of [
    [nights, "prod"],
    [[daily("00:00:00", "23:59:59")]],
    [[daily("12:00:00", "12:00:00")]],
    [[daily("00:00:00", "12:00:00"), daily("12:00:00", "23:00:00")]],
    [[daily("", "")]],
    [[on("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")]],
    [[{ recurrenceType: "Monthly", daysOfMonth: [1] }]],
  ] as const)
    expect(await answered([...recurrences], stack)).toEqual(["violation", path]);
  expect(await answered(unknown)).toEqual(["undecided", path]);
  expect(await answered([daily("00:00:00", "12:00:00"), { ...nights[1], endTime: unknown }])).toEqual([
    "undecided",
    `${path}[1].endTime`,
  ]);
});

it("lets an app pull with a secret from a registry that knows no identities of Azure, and from no other", async () => {
  const answered = (registry: PropertyMap) =>
    ask("container-app-registry-identity", "azure-native:app:Job", { configuration: { registries: [registry] } });
  const path = "configuration.registries[0]";
  expect(await answered({ server: "ghcr.io", username: "a", passwordSecretRef: "pull-token" })).toEqual(["compliant"]);
  expect(await answered({ server: "ghcr.io", username: "a" })).toEqual(["violation", `${path}.passwordSecretRef`]);
  expect(await answered({ server: "ours.azurecr.io", passwordSecretRef: "token" })).toEqual([
    "violation",
    `${path}.identity`,
    `${path}.passwordSecretRef`,
  ]);
  expect(await answered({ server: unknown, passwordSecretRef: "token" })).toEqual(["undecided", `${path}.server`]);
});

it("wants no expiry of a placeholder, which is no secret, and one of everything else in a vault", async () => {
  const answered = (properties: PropertyMap) =>
    ask("vault-secret-expiry", "azure-native:keyvault:Secret", { properties });
  const path = "properties.attributes.expires";
  const unset = { value: secretNotSet, contentType: placeholderContentType };
  const certificate = { value: certificateNotSet, contentType: certificateContentType };
  for (const made of [unset, certificate]) expect(await answered(made)).toEqual(["not applicable"]);
  expect(await answered({ value: unknown, attributes: { expires: 1_900_000_000 } })).toEqual(["compliant"]);
  for (const other of [
    { ...unset, value: "correct horse" },
    { ...certificate, value: "MII" },
    { value: secretNotSet },
    { value: unknown, contentType: heldContentType },
  ])
    expect(await answered(other)).toEqual(["violation", path]);
  expect(await answered({ ...unset, value: unknown })).toEqual(["undecided", "properties.value"]);
});

it("repeats no free text in a message: it could be a secret", async () => {
  const secretive = analyzedResource(
    "azure-native:dbforpostgresql:Configuration",
    { configurationName: "require_secure_transport", value: "correct horse battery staple" },
    { name: "secretive" },
  );
  const { violations } = await analyzer.analyze(secretive);
  expect(violations).toHaveLength(1);
  expect(JSON.stringify(violations)).not.toContain("horse");
});
