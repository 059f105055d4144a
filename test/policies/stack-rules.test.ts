import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AnalyzerProcess } from "../../deployment/policies/analyzer-process";
import { InProcessAnalyzer } from "../../deployment/policies/in-process-analyzer";
import type { AnalyzedResource } from "../../deployment/policies/policy-analyzer";
import { stackMember } from "../../deployment/policies/policy-resource";
import { type PropertyMap, type PropertyValue, unknown } from "../../deployment/values/property-value";
import { RulePack } from "../../policies/rule-pack";
import { stackRules } from "../../policies/rules";
import { StackMembers } from "../../policies/stack-members";
import { defaultParameters } from "../../policies/stack-parameters";
import { readUnreadTypes } from "../../policies/unread-types";
import { analyzedResource } from "./analyzed-resource";
import { sorted } from "./evaluator-comparison";
import { notingParts, unknownCases } from "./unknown-parts";

const storage = "azure-native:storage:StorageAccount";
const vault = "azure-native:keyvault:Vault";
const server = "azure-native:dbforpostgresql:Server";
const registry = "azure-native:containerregistry:Registry";
const redis = "azure-native:redis:Redis";
const cluster = "azure-native:redisenterprise:RedisEnterprise";
const redisDatabase = "azure-native:redisenterprise:Database";
const namespace = "azure-native:servicebus:Namespace";
const environment = "azure-native:app:ManagedEnvironment";
const endpoint = "azure-native:network:PrivateEndpoint";
const zoneGroup = "azure-native:network:PrivateDnsZoneGroup";
const lock = "azure-native:authorization:ManagementLockByScope";
const diagnostics = "azure-native:monitor:DiagnosticSetting";
const administrator = "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra";
const zone = "cloudflare:index/zone:Zone";
const zoneSetting = "cloudflare:index/zoneSetting:ZoneSetting";
const record = "cloudflare:index/dnsRecord:DnsRecord";
const balancer = "cloudflare:index/loadBalancer:LoadBalancer";
const ruleset = "cloudflare:index/ruleset:Ruleset";
const subscription = "cloudflare:index/zoneSubscription:ZoneSubscription";
const dnssec = "cloudflare:index/zoneDnssec:ZoneDnssec";

/** A resource of the stack `prod` that refers to others through its inputs. */
function member(
  type: string,
  name: string,
  properties: PropertyMap = {},
  refers: Readonly<Record<string, AnalyzedResource>> = {},
): AnalyzedResource {
  const propertyDependencies = Object.fromEntries(Object.entries(refers).map(([key, { urn }]) => [key, [urn]]));
  return { ...analyzedResource(type, properties, { stack: "prod", name }), propertyDependencies };
}

const closed = { publicNetworkAccess: "Disabled" };
const account = member(storage, "account", closed);

interface StackCase {
  readonly rule: string;
  readonly type: string;
  readonly properties: PropertyMap;
  /** What is beside it in any case, without which the rule is not applicable. Default: nothing. */
  readonly beside?: (subject: AnalyzedResource) => readonly AnalyzedResource[];
  /** What must be beside it. */
  readonly companion: (subject: AnalyzedResource) => readonly AnalyzedResource[];
  /** Properties of a resource of the type that the rule is not about. */
  readonly notApplicable?: PropertyMap;
  /** Properties with which it cannot be told yet. */
  readonly undecided?: PropertyMap;
}

const endpointTo = (subject: AnalyzedResource) => [
  member(endpoint, "endpoint", {}, { privateLinkServiceConnections: subject }),
];
const logsOf = (subject: AnalyzedResource) => [member(diagnostics, "logs", {}, { resourceUri: subject })];
const lockOn = (subject: AnalyzedResource) => [member(lock, "lock", { level: "CanNotDelete" }, { scope: subject })];
const zoneSettings = ["ssl", "min_tls_version", "always_use_https", "tls_1_3"];
const settingsOf = (subject: AnalyzedResource) => [
  ...zoneSettings.map((settingId) => member(zoneSetting, settingId, { settingId }, { zoneId: subject })),
  member(dnssec, "dnssec", {}, { zoneId: subject }),
];
const settingsBehindEdge = (subject: AnalyzedResource) => [
  ...settingsOf(subject),
  member(zoneSetting, "security_header", { settingId: "security_header" }, { zoneId: subject }),
];
const rulesetOf = (phase: string) => (subject: AnalyzedResource) => [
  member(ruleset, phase, { phase }, { zoneId: subject }),
];
const open = { publicNetworkAccess: "Enabled" };

const cases: readonly StackCase[] = [
  ...[storage, server].map((type) => ({ rule: "stateful-locked", type, properties: {}, companion: lockOn })),
  ...[storage, registry, redis, cluster, namespace].map((type) => ({
    rule: "private-endpoint-exists",
    type,
    properties: closed,
    companion: endpointTo,
    notApplicable: open,
    undecided: { publicNetworkAccess: unknown },
  })),
  {
    rule: "private-endpoint-exists",
    type: vault,
    properties: { properties: closed },
    companion: endpointTo,
    notApplicable: { properties: open },
    undecided: { properties: unknown },
  },
  {
    rule: "private-endpoint-exists",
    type: server,
    properties: { network: closed },
    companion: endpointTo,
    notApplicable: { network: { ...closed, delegatedSubnetResourceId: "/subnets/postgres" } },
    undecided: { network: { publicNetworkAccess: unknown } },
  },
  {
    rule: "private-endpoint-name",
    type: endpoint,
    properties: {},
    companion: (subject) => [member(zoneGroup, "zones", {}, { privateEndpointName: subject })],
  },
  {
    rule: "postgres-administrators",
    type: server,
    properties: {},
    companion: (subject) => [member(administrator, "administrator", {}, { serverName: subject })],
    notApplicable: { sourceServerResourceId: "/servers/other" },
  },
  ...[storage, vault, server, registry, environment, redis, redisDatabase, namespace].map((type) => ({
    rule: "diagnostics-exist",
    type,
    properties: {},
    companion: logsOf,
  })),
  { rule: "zone-settings-exist", type: zone, properties: {}, companion: settingsOf },
  ...[record, balancer].flatMap((type) => {
    const beside = (subject: AnalyzedResource) => [member(type, "name", { proxied: true }, { zoneId: subject })];
    return [
      { rule: "zone-settings-exist", type: zone, properties: {}, beside, companion: settingsBehindEdge },
      { rule: "zone-rulesets-exist", type: zone, properties: {}, beside, companion: rulesetOf("http_ratelimit") },
    ];
  }),
  {
    rule: "zone-rulesets-exist",
    type: zone,
    properties: {},
    beside: (subject) => [member(subscription, "plan", { ratePlan: { id: "pro" } }, { zoneId: subject })],
    companion: rulesetOf("http_request_firewall_managed"),
  },
];

const unreadTypes = readUnreadTypes(join("policies", "unread-types.yaml"));
const pack = new RulePack({ exceptions: [], unreadTypes, parametersOf: defaultParameters, today: "2026-06-01" });
const analyzer = new InProcessAnalyzer(pack, "1.0.0", "policies");

/** About what is beside a resource too much, or what it was made from: they have cases of their own. */
const together = "address-ranges-together";
const named = "principal-named";
const silence = "job-silence-noticed";
const suppressed = "suppressions-together";

async function answer(rule: string, members: readonly AnalyzedResource[]) {
  const { violations, passed, notApplicable, undecided } = await analyzer.analyzeStack(members);
  if (passed.includes(rule)) return "compliant";
  if (notApplicable.some(({ policyName }) => policyName === rule)) return "not applicable";
  if (undecided.some(({ policyName }) => policyName === rule)) return "undecided";
  // A rule may find several things wrong with one resource.
  return [...new Set(violations.filter(({ policyName }) => policyName === rule).map(({ urn }) => urn))];
}

describe.each(cases)("$rule of $type", ({ rule, type, properties, beside, companion, notApplicable, undecided }) => {
  const subject = member(type, "subject", properties);
  const always = beside?.(subject) ?? [];

  it("complies with it, and is violated by the resource that lacks it", async () => {
    expect(await answer(rule, [subject, ...always, ...companion(subject)])).toBe("compliant");
    for (const missing of companion(subject)) {
      const others = companion(subject).filter(({ urn }) => urn !== missing.urn);
      expect(await answer(rule, [subject, ...always, ...others]), missing.name).toEqual([subject.urn]);
    }
  });

  it("is not content with what belongs to another resource", async () => {
    const other = member(type, "other", properties);
    expect(await answer(rule, [subject, other, ...always, ...companion(other)])).toEqual([subject.urn]);
  });

  it("is not applicable where there is nothing that it is about", async () => {
    expect(await answer(rule, [member("azure-native:resources:ResourceGroup", "group")])).toBe("not applicable");
    // Without what decides, the rule is about less, or about nothing.
    const alone = await answer(rule, [subject, ...companion(subject)]);
    if (beside !== undefined) expect(["not applicable", "compliant"]).toContain(alone);
    if (notApplicable !== undefined) {
      expect(await answer(rule, [member(type, "subject", notApplicable)])).toBe("not applicable");
    }
  });

  it.runIf(undecided !== undefined)("cannot tell what is unknown", async () => {
    expect(await answer(rule, [member(type, "subject", undecided)])).toBe("undecided");
  });
});

it.each(cases)("$rule of $type takes nothing unknown for present or absent", ({ rule: id, ...stackCase }) => {
  const { type, properties, companion, notApplicable } = stackCase;
  const always = stackCase.beside?.(member(type, "subject")) ?? [];
  const rule = stackRules.find((one) => one.id === id);
  if (rule === undefined) throw new Error(`there is no rule ${id}`);
  const said = (members: readonly AnalyzedResource[], asked: Set<string>) => {
    const seen = new StackMembers(members.map((one) => notingParts(stackMember(one), asked)));
    return pack
      .stackOutcomes(rule, seen)
      .map(({ outcome }) => outcome.outcome)
      .join();
  };
  const beside = companion(member(type, "subject"));
  const found = [properties, notApplicable ?? {}].flatMap((each) =>
    [[], beside].flatMap((others) =>
      unknownCases(
        each,
        (given, asked) => said([member(type, "subject", given), ...always, ...others], asked),
        () => [],
      ),
    ),
  );
  const ofCompanion = [...always, ...beside].flatMap((companion) =>
    unknownCases(
      companion.properties,
      (given, asked) => {
        const all = [...always, ...beside];
        const changed = all.map((one) => (one === companion ? { ...one, properties: given } : one));
        return said([member(type, "subject", properties), ...changed], asked);
      },
      () => ["CanNotDelete", "Disabled"],
    ),
  );
  for (const { path, said: answer, otherwise } of [...found, ...ofCompanion]) {
    if (answer !== "undecided") expect(otherwise, `${path} unknown: ${answer}`).toEqual([answer]);
  }
});

it("has a case for every rule about a whole stack", () => {
  const tried = [...cases.map(({ rule }) => rule), together, named, silence, suppressed];
  expect([...new Set(tried)].sort()).toEqual(stackRules.map(({ id }) => id).sort());
});

describe("a job that runs by the clock", () => {
  const scheduled = { configuration: { scheduleTriggerConfig: { cronExpression: "0 2 * * 0" } } };
  const job = (properties: PropertyMap = scheduled) =>
    member("azure-native:app:Job", "nightly", { name: "ours-nightly", ...properties });
  const query = 'ContainerAppSystemLogs\n| where JobName in ("ours-nightly")\n| summarize Runs = count()';
  const rule = (properties: PropertyMap = {}, text: PropertyValue = query) =>
    member("azure-native:monitor:ScheduledQueryRule", "missing", {
      ...{ criteria: { allOf: [{ query: text }] }, actions: { actionGroups: ["/groups/ours"] } },
      ...properties,
    });
  const said = (...members: readonly AnalyzedResource[]) => answer(silence, members);

  it("has a rule that counts its runs, and tells somebody", async () => {
    const violated = [job().urn];
    expect(await said(job(), rule())).toBe("compliant");
    expect(await said(job())).toEqual(violated);
    expect(await said(job(), rule({}, query.replace("ours", "theirs")))).toEqual(violated);
    expect(await said(job(), rule({}, query.replace("Runs", "Failures")))).toEqual(violated);
    expect(await said(job(), rule({ enabled: false }))).toEqual(violated);
    expect(await said(job(), rule({ actions: {} }))).toEqual(violated);
  });

  it("is another one where somebody starts it, and where nothing lasts", async () => {
    expect(await said(job({ configuration: { triggerType: "Manual" } }))).toBe("not applicable");
    const preview = { ...analyzedResource("azure-native:app:Job", scheduled, { stack: "pr-1", name: "nightly" }) };
    expect(await said(preview)).toBe("not applicable");
  });

  it("cannot be told from what is unknown", async () => {
    expect(await said(job(), rule({}, unknown))).toBe("undecided");
    expect(await said(job({ ...scheduled, name: unknown }), rule())).toBe("undecided");
    expect(await said(job({ configuration: unknown }))).toBe("undecided");
    expect(await said(job(), rule({}, unknown), { ...rule(), urn: `${rule().urn}-2` })).toBe("compliant");
  });
});

describe("what keeps alerts from people, counted together", () => {
  const type = "azure-native:alertsmanagement:AlertProcessingRuleByName";
  const hides = (name: string, schedule: PropertyValue, actionType: PropertyValue = "RemoveAllActionGroups") =>
    member(type, name, { properties: { actions: [{ actionType }], schedule } });
  const once = (name: string, effectiveFrom: string, effectiveUntil: PropertyValue) =>
    hides(name, { effectiveFrom, effectiveUntil });
  const daily = (name: string, startTime: string, endTime: string) =>
    hides(name, { recurrences: [{ recurrenceType: "Daily", startTime, endTime }] });
  const [first, second] = [
    once("first", "2026-12-01T04:00:00", "2026-12-02T04:00:00"),
    once("second", "2026-12-02T04:00:00", "2026-12-02T05:00:00"),
  ];
  const said = (...members: readonly AnalyzedResource[]) => answer(suppressed, members);

  it.each([
    ["two days that follow one another", [first, second]],
    ["two that overlap", [first, once("other", "2026-12-01T12:00:00", "2026-12-02T12:00:00")]],
    ["two, of which the other was named first", [second, first]],
    ["two that come again", [daily("days", "04:00", "19:00"), daily("nights", "19:00", "04:00")]],
  ])("is too long: %s, though none alone is", async (_, rules) => {
    for (const rule of rules) expect(await said(rule)).toBe("compliant");
    expect(await said(...rules)).toEqual([rules[0]?.urn]);
  });

  it("is of one time zone, or nobody can tell whether there is a break", async () => {
    const later = (timeZone: PropertyValue) =>
      hides("later", { effectiveFrom: "2026-12-02T14:01:00", effectiveUntil: "2026-12-03T14:01:00", timeZone });
    expect(await said(first, later("UTC"))).toBe("compliant");
    // It begins at 04:01 in UTC.
    expect(await said(first, later("E. Australia Standard Time"))).toEqual([first.urn]);
    expect(await said(first, later(unknown))).toBe("undecided");
    const recurrences = [{ recurrenceType: "Daily", startTime: "19:00", endTime: "04:00" }];
    const nights = [daily("one", "19:00", "04:00"), hides("other", { recurrences, timeZone: "Tokyo Standard Time" })];
    expect(await said(...nights)).toEqual([nights[0]?.urn]);
  });

  it("is short enough with a break, at the same times, or when the other hides nothing", async () => {
    expect(await said(first, once("later", "2026-12-02T04:01:00", "2026-12-03T04:01:00"))).toBe("compliant");
    expect(await said(first, once("within", "2026-12-01T12:00:00", "2026-12-01T13:00:00"))).toBe("compliant");
    expect(await said(daily("one", "19:00", "04:00"), daily("other", "19:00", "04:00"))).toBe("compliant");
    const adds = hides("adds", { effectiveFrom: "2026-12-02T04:00:00" }, "AddActionGroups");
    expect(await said(first, adds)).toBe("compliant");
    expect(await said(adds)).toBe("not applicable");
  });

  it("cannot be told from what is unknown, but for what is too long whatever that is", async () => {
    expect(await said(first, once("unknown", "2026-12-02T04:00:00", unknown))).toBe("undecided");
    expect(await said(first, hides("unknown", unknown))).toBe("undecided");
    expect(await said(first, hides("unknown", {}, unknown))).toBe("undecided");
    const nights = [daily("days", "04:00", "19:00"), daily("nights", "19:00", "04:00")];
    const violated = await said(...nights, once("unknown", "2026-12-02T04:00:00", unknown));
    expect(violated).toEqual([nights[0]?.urn]);
  });
});

describe("ranges of addresses that are counted together", () => {
  const securityRule = "azure-native:network:SecurityRule";
  const toSsh = { direction: "Inbound", access: "Allow", protocol: "Tcp", destinationPortRange: "22" };
  const blocks = (count: number) => Array.from({ length: count }, (_, index) => `198.${index}.0.0`);
  const security = (sources: readonly PropertyMap[], change: PropertyMap = {}) =>
    sources.map((source, index) => member(securityRule, `rule-${index}`, { ...toSsh, ...source, ...change }));
  const firewall = (type: string, count: number) =>
    blocks(count).map((first, index) =>
      member(type, `rule-${index}`, { startIpAddress: first, endIpAddress: first.replace(/0\.0$/, "127.255") }),
    );
  const halves = blocks(4).map((first) => ({ sourceAddressPrefix: `${first}/17` }));

  it.each([
    ["security rules", security(halves)],
    [
      "security rules that list IPv6",
      security(
        [["2001:db8::/33"], ["2001:db9::/33", "2001:dba::/33"]].map((sourceAddressPrefixes) => ({
          sourceAddressPrefixes,
        })),
      ),
    ],
    ["a PostgreSQL firewall", firewall("azure-native:dbforpostgresql:FirewallRule", 4)],
    ["a SQL firewall", firewall("azure-native:sql:FirewallRule", 4)],
  ])("are too wide in %s, though none alone is", async (_what, rules) => {
    for (const rule of rules) expect(await answer(together, [rule])).toBe("compliant");
    expect(await answer(together, rules)).toEqual([rules[0]?.urn]);
  });

  it.each([
    ["two of half a /16", security(halves.slice(0, 2))],
    ["the same one, often", security(Array.from({ length: 40 }, () => ({ sourceAddressPrefix: "198.51.0.0/16" })))],
    ["private ones", security([{ sourceAddressPrefix: "10.0.0.0/9" }, { sourceAddressPrefix: "10.128.0.0/9" }])],
    ["to a port that is not sensitive", security([{}, ...halves], { destinationPortRange: "8443" })],
    ["of two kinds", [...firewall("azure-native:sql:FirewallRule", 2), ...security(halves.slice(0, 2))]],
  ])("are narrow enough: %s", async (_what, rules) => {
    expect(await answer(together, rules)).toSatisfy((said) => said === "compliant" || said === "not applicable");
  });
});

describe.each([
  ["azure-native:authorization:RoleAssignment", "principalId", (id: PropertyValue) => ({ principalId: id })],
  ["azure-native:dbforpostgresql:AdministratorsMicrosoftEntra", "objectId", (id: PropertyValue) => ({ objectId: id })],
  ["azure-native:redisenterprise:AccessPolicyAssignment", "user", (id: PropertyValue) => ({ user: { objectId: id } })],
])("who is let in by %s", (type, property, letIn) => {
  const identity = (principalId: PropertyValue) =>
    member("azure-native:managedidentity:UserAssignedIdentity", "identity", { principalId });
  const from = (id: PropertyValue, source: AnalyzedResource) =>
    member(type, "subject", letIn(id), { [property]: source });
  const literal = member(type, "subject", letIn("a"));

  it.each([
    ["an identity of the stack", [identity("a"), from("a", identity("a"))], "compliant"],
    ["another id, made from an identity", [identity("a"), from("b", identity("a"))], [literal.urn]],
    ["the id of an identity, written out", [identity("a"), literal], [literal.urn]],
    ["nobody", [member(type, "subject", {})], [literal.urn]],
    ["an identity that is made now", [identity(unknown), from(unknown, identity(unknown))], "undecided"],
    ["a text, from an identity that is made now", [identity(unknown), from("b", identity(unknown))], "undecided"],
    ["somebody unknown", [member(type, "subject", letIn(unknown))], "undecided"],
  ])("%s", async (_who, members, expected) => {
    expect(await answer(named, members)).toEqual(expected);
  });

  it("somebody whom the stack names", async () => {
    const parametersOf = (stack: string) => ({ ...defaultParameters(stack), principals: ["a"] });
    const naming = new RulePack({ exceptions: [], unreadTypes, parametersOf, today: "2026-06-01" });
    const { notApplicable } = await new InProcessAnalyzer(naming, "1.0.0", "policies").analyzeStack([literal]);
    expect(notApplicable.map(({ policyName }) => policyName)).toContain(named);
  });
});

describe("a lock", () => {
  const locked = (properties: PropertyMap) => member(lock, "lock", properties, { scope: account });

  it.each([
    [{ level: "ReadOnly" }, "compliant"],
    [{ level: "NotSpecified" }, [account.urn]],
    [{}, [account.urn]],
    [{ level: unknown }, "undecided"],
  ])("with %o", async (properties, expected) => {
    expect(await answer("stateful-locked", [account, locked(properties)])).toEqual(expected);
  });

  it("is asked for in production only", async () => {
    const inDev = { ...account, urn: account.urn.replace(":prod::", ":dev::") };
    expect(await answer("stateful-locked", [inDev])).toBe("not applicable");
  });
});

it("gives the same answers over the Analyzer protocol", async () => {
  const overProtocol = await AnalyzerProcess.start("policies");
  try {
    for (const { type, properties, beside, companion, notApplicable, undecided } of cases) {
      for (const each of [properties, notApplicable ?? {}, undecided ?? {}]) {
        // A stack without exceptions of its own, so that none is reported as unused.
        const subject = member(type, "subject", each);
        for (const members of [[subject], [subject, ...(beside?.(subject) ?? []), ...companion(subject)]]) {
          const elsewhere = members.map((one) => inStack("latticeforge-prod", one));
          expect(sorted(await analyzer.analyzeStack(elsewhere))).toEqual(
            sorted(await overProtocol.analyzeStack(elsewhere)),
          );
        }
      }
    }
  } finally {
    await overProtocol.close();
  }
});

function inStack(stack: string, resource: AnalyzedResource): AnalyzedResource {
  const move = (urn: string) => urn.replace(":prod::", `:${stack}::`);
  const propertyDependencies = Object.fromEntries(
    Object.entries(resource.propertyDependencies).map(([key, urns]) => [key, urns.map(move)]),
  );
  return { ...resource, urn: move(resource.urn), propertyDependencies };
}
