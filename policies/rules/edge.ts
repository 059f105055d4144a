import { allOf, anyOf, compliant, decide, each, notApplicable, type RuleOutcome, violation } from "../outcome";
import { type PolicyRule, rulesOf, type StackMember } from "../rule";
import type { StackMembers } from "../stack-members";
import type { StackParameters } from "../stack-parameters";
import { areInternetWide } from "./shared/open-sources";
import { comparable, items, type Reading, read, readWithin, textsOf } from "./shared/property-reading";
import {
  inProduction,
  requireEmpty,
  requireNumber,
  requireSet,
  requireSetting,
  requireValue,
  requireZoneSetting,
  zoneSettingTypes,
} from "./shared/requirements";
import { hasProxiedName, requireZoneMember, zoneMembers } from "./shared/zone-members";

const rulesetType = "cloudflare:index/ruleset:Ruleset";
const balancerType = "cloudflare:index/loadBalancer:LoadBalancer";
const monitorType = "cloudflare:index/loadBalancerMonitor:LoadBalancerMonitor";
const botsType = "cloudflare:index/botManagement:BotManagement";
const subscriptionType = "cloudflare:index/zoneSubscription:ZoneSubscription";

/** The phases whose rules keep somebody out. */
const guardingPhases = ["http_request_firewall_custom", "http_request_firewall_managed", "http_ratelimit"];

/** Those, and what neither keeps out nor leads away: which pages are kept, redirections, settings of some requests. */
const readPhases = [
  ...guardingPhases,
  ...["http_request_cache_settings", "http_request_dynamic_redirect", "http_config_settings"],
];

/** Of `set_config`. Source: Cloudflare documentation, "Available Configuration Rules settings". */
const protectingSettings = ["automaticHttpsRewrites", "opportunisticEncryption", "securityLevel", "ssl"];

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
    id: "edge-phases-read",
    ...row,
    description:
      "Rulesets are of phases that rules of this pack read: one of another sends requests to other origins, or takes headers away. Settings of some requests set aside the browser check only.",
    remediation: "Leave other phases to Cloudflare's defaults; of set_config give bic only.",
    types: [rulesetType],
    evaluate: (ruleset) =>
      allOf([
        requireValue(read(ruleset, "phase"), { oneOf: readPhases, absent: "violates" }),
        ...items(read(ruleset, "rules")).flatMap((rule) =>
          protectingSettings.map((name) =>
            requireEmpty(readWithin(readWithin(rule, "actionParameters"), name), "sets what protects a zone aside"),
          ),
        ),
      ]),
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
    id: "zone-rulesets-exist",
    ...row,
    description:
      "Production zones with names behind the edge limit what one address sends; zones whose plan has Cloudflare's managed rules go through them.",
    remediation: "Make rulesets of the phases http_ratelimit and http_request_firewall_managed for the zone.",
    types: ["cloudflare:index/zone:Zone"],
    companions: [rulesetType],
    evaluate: (zone: StackMember, members: StackMembers, stack: StackParameters) => {
      const rulesets = zoneMembers(zone, members, rulesetType);
      const limits = { property: "phase", is: "http_ratelimit", missing: "limits no rate" };
      const managed = {
        property: "phase",
        is: "http_request_firewall_managed",
        missing: "goes through no managed rules",
      };
      const wanted = [
        ...(stack.production && hasProxiedName(zone, members) ? [limits] : []),
        ...(zoneMembers(zone, members, subscriptionType).length > 0 ? [managed] : []),
      ];
      if (wanted.length === 0) return notApplicable("no name of the zone stands behind the edge, and its plan is free");
      return allOf(each(wanted, (one) => requireZoneMember(zone, rulesets, one)));
    },
  },
]);

/** Asks it of each rule that keeps somebody out. */
function eachGuardingRule(evaluate: (rule: Reading) => RuleOutcome): PolicyRule["evaluate"] {
  return (ruleset) => {
    const phase = read(ruleset, "phase");
    const guards = phase.state === "known" && guardingPhases.includes(comparable(phase.value) ?? "");
    if (!guards) return notApplicable("the phase keeps nobody out");
    return allOf(each(items(read(ruleset, "rules")), evaluate));
  };
}

/** Categories of the OWASP rules beyond its first level, which find more where nothing is. */
const stricterLevels = ["paranoia-level-2", "paranoia-level-3", "paranoia-level-4"];

function acts(rule: Reading): RuleOutcome {
  const overrides = readWithin(readWithin(rule, "actionParameters"), "overrides");
  const overridden = items(readWithin(overrides, "rules"));
  const actions = [rule, overrides, ...overridden].map((one) => readWithin(one, "action"));
  const expression = readWithin(rule, "expression");
  return allOf([
    decide(() =>
      textsOf([expression]).some((text) => /^[\s(]*false[\s)]*$/i.test(text))
        ? violation(expression.path, "is true of no request")
        : compliant,
    ),
    ...each(overridden, (one) => requireValue(readWithin(one, "enabled"), { oneOf: [true], absent: "complies" })),
    ...each(items(readWithin(overrides, "categories")), (category) =>
      anyOf([
        requireValue(readWithin(category, "enabled"), { oneOf: [true], absent: "complies" }),
        requireValue(readWithin(category, "category"), { oneOf: stricterLevels, absent: "violates" }),
      ]),
    ),
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
  const listed = textsOf([expression]).flatMap((text) => [...text.matchAll(/ip\.src\s+in\s*\{([^}]*)\}/gi)]);
  const addresses = listed.flatMap(([, list = ""]) => list.split(/\s+/).filter((address) => address !== ""));
  return addresses.length > 0 && areInternetWide(addresses.map((address) => address.toLowerCase()))
    ? violation(expression.path, "lists addresses as wide as the internet")
    : compliant;
}
