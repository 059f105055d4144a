import { allOf, anyOf, compliant, decide, each, notApplicable, type RuleOutcome, violation } from "../outcome";
import { type PolicyRule, rulesOf, type StackMember } from "../rule";
import type { StackMembers } from "../stack-members";
import type { StackParameters } from "../stack-parameters";
import { areInternetWide } from "./shared/open-sources";
import { anyReading, comparable, items, type Reading, read, readWithin, textsOf } from "./shared/property-reading";
import { requireZoneSetting, zoneSettingTypes } from "./shared/require-zone-setting";
import {
  inProduction,
  requireEmpty,
  requireNumber,
  requireSet,
  requireSetting,
  requireValue,
} from "./shared/requirements";

const zoneType = "cloudflare:index/zone:Zone";
const rulesetType = "cloudflare:index/ruleset:Ruleset";
const recordType = "cloudflare:index/dnsRecord:DnsRecord";
const balancerType = "cloudflare:index/loadBalancer:LoadBalancer";
const monitorType = "cloudflare:index/loadBalancerMonitor:LoadBalancerMonitor";
const botsType = "cloudflare:index/botManagement:BotManagement";
const subscriptionType = "cloudflare:index/zoneSubscription:ZoneSubscription";

/** The phases whose rules keep somebody out. */
const guardingPhases = ["http_request_firewall_custom", "http_request_firewall_managed", "http_ratelimit"];

const row = { benchmarkRow: 73, controls: ["Prowler zone_*"] } as const;

/** How the edge is asked, and asks. */
export const edgeEncryptionRules = rulesOf("encryption", [
  {
    id: "zone-hsts",
    ...row,
    description: "Production zones that tell browsers to use HTTPS only tell it for a year.",
    remediation: "Set enabled to true and max_age to 31536000 in the zone setting security_header.",
    types: zoneSettingTypes,
    evaluate: inProduction((setting) => {
      const given = read(setting, "settingId");
      const isMeant = given.state === "known" && comparable(given.value) === "security_header";
      if (!isMeant) return notApplicable("the setting is not security_header");
      const header = readWithin(read(setting, "value"), "strict_transport_security");
      return allOf([
        requireValue(readWithin(header, "enabled"), { oneOf: [true], absent: "violates" }),
        requireNumber(readWithin(header, "max_age"), { atLeast: 31_536_000, absent: "violates" }),
      ]);
    }),
  },
  {
    id: "zone-origin-pulls",
    ...row,
    description: "Zones that say whether Cloudflare shows origins its certificate have it shown.",
    remediation: "Set the zone setting tls_client_auth to on, or leave it out where no origin asks for it.",
    types: zoneSettingTypes,
    evaluate: requireZoneSetting("tls_client_auth", { oneOf: ["on"], absent: "violates" }),
  },
  {
    id: "zone-tls-1-3",
    ...row,
    description: "Zones speak TLS 1.3.",
    remediation: "Set the zone setting tls_1_3 to on.",
    types: zoneSettingTypes,
    evaluate: requireZoneSetting("tls_1_3", { oneOf: ["on", "zrt"], absent: "violates" }),
  },
  {
    id: "load-balancer-monitor",
    ...row,
    description: "Load balancers ask their origins over HTTPS, and look at the certificate.",
    remediation: "Set type to https, and allowInsecure to false or leave it out.",
    types: [monitorType],
    evaluate: (monitor) =>
      allOf([
        requireValue(read(monitor, "type"), { oneOf: ["https"], absent: "violates" }),
        requireValue(read(monitor, "allowInsecure"), { oneOf: [false], absent: "complies" }),
      ]),
  },
]);

/** What the edge in front of a zone's names keeps out. */
export const edgeAccessRules = rulesOf("public-access", [
  {
    id: "edge-addresses-listed",
    ...row,
    description: "What the edge keeps for listed addresses is not open to the internet: no rule lists more than a /16.",
    remediation: "List the addresses that need it in the expression's ip.src.",
    types: [rulesetType],
    evaluate: eachGuardingRule(addressesOf),
  },
  {
    id: "edge-bots",
    ...row,
    description: "Zones with bot settings challenge or block what is surely automated.",
    remediation: "Set fightMode to true (free plan), or sbfmDefinitelyAutomated to managed_challenge or block.",
    types: [botsType],
    evaluate: (settings) =>
      anyOf([
        requireValue(read(settings, "fightMode"), { oneOf: [true], absent: "violates" }),
        requireValue(read(settings, "sbfmDefinitelyAutomated"), {
          oneOf: ["managed_challenge", "block"],
          absent: "violates",
        }),
      ]),
  },
  {
    id: "edge-nothing-skipped",
    ...row,
    description:
      "No rule of the edge lets requests past the others, but past the check for bots; and no path of admins past that.",
    remediation: "Narrow the rules that refuse too much; skip the phase http_request_sbfm only, and not for /admin.",
    types: [rulesetType],
    evaluate: eachGuardingRule(skipsOnlyBots),
  },
  {
    id: "edge-rules-act",
    ...row,
    description: "Rules of the edge that keep somebody out are switched on, and do more than log.",
    remediation: "Set enabled to true or leave it out, and let action and overrides block or challenge.",
    types: [rulesetType],
    evaluate: eachGuardingRule(acts),
  },
  {
    id: "load-balancer-proxied",
    ...row,
    description: "Load balancers stand behind the edge.",
    remediation: "Set proxied to true.",
    types: [balancerType],
    evaluate: requireSetting("proxied", { oneOf: [true], absent: "violates" }),
  },
  {
    id: "load-balancer-pool-watched",
    ...row,
    description: "Pools of load balancers are watched: one that nobody asks counts as healthy.",
    remediation: "Give monitor.",
    types: ["cloudflare:index/loadBalancerPool:LoadBalancerPool"],
    evaluate: (pool) => requireSet(read(pool, "monitor")),
  },
  {
    id: "zone-edge-exists",
    ...row,
    description: "Production zones with names behind the edge send HSTS, and limit what one address sends.",
    remediation: "Make the zone setting security_header and a ruleset of the phase http_ratelimit for the zone.",
    types: [zoneType],
    companions: [recordType, balancerType, ...zoneSettingTypes, rulesetType],
    evaluate: (zone: StackMember, members: StackMembers, stack: StackParameters) => {
      if (!stack.production) return notApplicable("the stack is not production");
      const names = [recordType, balancerType].flatMap((type) => membersOf(zone, members, type));
      const isProxied = anyReading(
        names.map((name) => read(name, "proxied")),
        (value) => comparable(value) === "true",
      );
      if (!isProxied) return notApplicable("no name of the zone stands behind the edge");
      const settings = zoneSettingTypes.flatMap((type) => membersOf(zone, members, type));
      return allOf(
        each(
          [
            { among: settings, property: "settingId", is: "security_header", missing: "sends no HSTS" },
            {
              ...{ among: membersOf(zone, members, rulesetType), property: "phase", is: "http_ratelimit" },
              missing: "limits no rate",
            },
          ],
          (wanted) => requireMember(zone, wanted),
        ),
      );
    },
  },
  {
    id: "zone-managed-rules-exist",
    ...row,
    description: "Zones whose plan has Cloudflare's managed rules let requests through them.",
    remediation: "Make a ruleset of the phase http_request_firewall_managed that executes them.",
    types: [zoneType],
    companions: [subscriptionType, rulesetType],
    evaluate: (zone: StackMember, members: StackMembers) => {
      if (membersOf(zone, members, subscriptionType).length === 0) return notApplicable("the zone's plan is free");
      return requireMember(zone, {
        ...{ among: membersOf(zone, members, rulesetType), property: "phase", is: "http_request_firewall_managed" },
        missing: "pays for managed rules, and its requests go through none",
      });
    },
  },
]);

/** What belongs to a zone. */
function membersOf(zone: StackMember, members: StackMembers, type: string): readonly StackMember[] {
  return members.ofType(type).filter((member) => member.sources("zoneId").includes(zone.urn));
}

function requireMember(
  zone: StackMember,
  wanted: { among: readonly StackMember[]; property: string; is: string; missing: string },
): RuleOutcome {
  const readings = wanted.among.map((member) => read(member, wanted.property));
  return anyReading(readings, (value) => comparable(value) === wanted.is)
    ? compliant
    : violation(zone.name, wanted.missing);
}

/** Asks it of each rule that keeps somebody out. */
function eachGuardingRule(evaluate: (rule: Reading) => RuleOutcome): PolicyRule["evaluate"] {
  return (ruleset) => {
    const phase = read(ruleset, "phase");
    const guards = phase.state === "known" && guardingPhases.includes(comparable(phase.value) ?? "");
    if (!guards) return notApplicable("the phase keeps nobody out");
    return allOf(each(items(read(ruleset, "rules")), evaluate));
  };
}

function acts(rule: Reading): RuleOutcome {
  const overrides = readWithin(readWithin(rule, "actionParameters"), "overrides");
  const actions = [rule, overrides, ...items(readWithin(overrides, "rules"))].map((one) => readWithin(one, "action"));
  return allOf([
    requireValue(readWithin(rule, "enabled"), { oneOf: [true], absent: "complies" }),
    requireValue(readWithin(overrides, "enabled"), { oneOf: [true], absent: "complies" }),
    ...each(actions, (action) =>
      action.state === "known" && comparable(action.value) === "log" ? violation(action.path, "only logs") : compliant,
    ),
  ]);
}

/** Paths of admins, however they are written in an expression. */
const adminPath = /\/admin\b/i;

function skipsOnlyBots(rule: Reading): RuleOutcome {
  const action = readWithin(rule, "action");
  if (action.state !== "known" || comparable(action.value) !== "skip") return compliant;
  const skipped = readWithin(rule, "actionParameters");
  const expression = readWithin(rule, "expression");
  return allOf([
    ...["ruleset", "rulesets", "rules", "products"].map((what) =>
      requireEmpty(readWithin(skipped, what), "lets requests past rules"),
    ),
    ...items(readWithin(skipped, "phases")).map((phase) =>
      requireValue(phase, { oneOf: ["http_request_sbfm"], absent: "violates" }),
    ),
    decide(() =>
      textsOf([expression]).some((text) => adminPath.test(text))
        ? violation(expression.path, "lets requests to paths of admins past checks")
        : compliant,
    ),
  ]);
}

function addressesOf(rule: Reading): RuleOutcome {
  const expression = readWithin(rule, "expression");
  const listed = textsOf([expression]).flatMap((text) => [...text.matchAll(/ip\.src in \{([^}]*)\}/gi)]);
  const addresses = listed.flatMap(([, list = ""]) => list.split(/\s+/).filter((address) => address !== ""));
  return addresses.length > 0 && areInternetWide(addresses.map((address) => address.toLowerCase()))
    ? violation(expression.path, "lists addresses as wide as the internet")
    : compliant;
}
