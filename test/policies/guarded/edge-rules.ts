import type { GuardedProperty } from "../guarded-properties";
import { zoneSettingRules } from "./edge";

const zoneSetting = "cloudflare:index/zoneSetting:ZoneSetting";
const ruleset = "cloudflare:index/ruleset:Ruleset";
const bots = "cloudflare:index/botManagement:BotManagement";
const monitor = "cloudflare:index/loadBalancerMonitor:LoadBalancerMonitor";

const rulesetRules = ["edge-addresses-listed", "edge-nothing-skipped", "edge-phases-read", "edge-rules-act"];
const actionRules = ["edge-nothing-skipped", "edge-rules-act"];

/** A property of the only rule of a ruleset that keeps somebody out. */
function guardedRule(
  rule: string,
  path: string,
  values: Pick<GuardedProperty, "good" | "bad" | "unknown">,
  given: Readonly<Record<string, NonNullable<GuardedProperty["good"]>>> = {},
): GuardedProperty {
  return {
    ...{ rule, type: ruleset, path: `rules.0.${path}`, removed: [], ...values },
    where: { phase: "http_request_firewall_custom" },
    given: { rules: [{ action: "block", expression: "true", ...given }] },
  };
}

const onlyBots = { action: "skip", actionParameters: { phases: ["http_request_sbfm"] } };

/** A setting by its id and its value, both guarded. */
function guardedSetting(rule: string, settingId: string, good: string, bad: string): readonly GuardedProperty[] {
  return [
    { rule, type: zoneSetting, path: "value", good, bad, where: { settingId } },
    {
      ...{ rule, type: zoneSetting, path: "settingId", good: settingId, removed: [], unknown: zoneSettingRules },
      ...{ where: { settingId }, given: { value: good } },
    },
  ];
}

const header = { settingId: "security_header" };
const year = { strict_transport_security: { enabled: true, max_age: 31_536_000 } };

/** What Cloudflare's edge keeps out. */
export const guardedEdgeRules: readonly GuardedProperty[] = [
  ...guardedSetting("zone-tls-1-3", "tls_1_3", "on", "off"),
  ...guardedSetting("zone-origin-pulls", "tls_client_auth", "on", "off"),
  ...(["enabled", "max_age"] as const).map((name) => ({
    ...{ rule: "zone-hsts", type: zoneSetting, where: header, given: { value: year } },
    path: `value.strict_transport_security.${name}`,
    good: year.strict_transport_security[name],
    bad: name === "enabled" ? false : 300,
  })),
  {
    ...{ rule: "zone-hsts", type: zoneSetting, path: "settingId", good: "security_header", removed: [] },
    ...{ unknown: zoneSettingRules, where: header, given: { value: year } },
  },
  guardedRule("edge-rules-act", "action", { good: "block", bad: "log", unknown: actionRules }),
  guardedRule("edge-rules-act", "enabled", { good: true, bad: false }),
  guardedRule("edge-rules-act", "actionParameters.overrides.action", { good: "block", bad: "log" }),
  guardedRule("edge-rules-act", "actionParameters.overrides.enabled", { good: true, bad: false }),
  guardedRule("edge-rules-act", "actionParameters.overrides.rules.0.action", { good: "block", bad: "log" }),
  guardedRule("edge-rules-act", "actionParameters.overrides.rules.0.enabled", { good: true, bad: false }),
  {
    rule: "edge-phases-read",
    type: ruleset,
    path: "phase",
    good: "http_config_settings",
    bad: "http_request_origin",
    unknown: rulesetRules,
  },
  ...["automaticHttpsRewrites", "opportunisticEncryption", "securityLevel", "ssl"].map((name): GuardedProperty => {
    return {
      ...{ rule: "edge-phases-read", type: ruleset, path: `rules.0.actionParameters.${name}`, bad: "off", removed: [] },
      ...{ where: { phase: "http_config_settings" }, given: { rules: [{ action: "set_config", expression: "true" }] } },
    };
  }),
  guardedRule(
    "edge-nothing-skipped",
    "action",
    { good: "block", bad: "skip", unknown: actionRules },
    { actionParameters: { ruleset: "current" } },
  ),
  guardedRule(
    "edge-nothing-skipped",
    "actionParameters.phases",
    { good: ["http_request_sbfm"], bad: ["http_request_firewall_managed"] },
    onlyBots,
  ),
  ...["ruleset", "rulesets", "rules", "products"].map((what) =>
    guardedRule("edge-nothing-skipped", `actionParameters.${what}`, { bad: ["a"] }, onlyBots),
  ),
  guardedRule(
    "edge-nothing-skipped",
    "expression",
    {
      ...{ good: "true", bad: 'starts_with(http.request.uri.path, "/admin")' },
      unknown: ["edge-addresses-listed", "edge-nothing-skipped", "edge-rules-act"],
    },
    onlyBots,
  ),
  guardedRule("edge-addresses-listed", "expression", {
    good: "not ip.src in {203.0.113.7 2001:db8::/48}",
    bad: "not ip.src in {203.0.113.7 0.0.0.0/0}",
    unknown: ["edge-addresses-listed", "edge-rules-act"],
  }),
  {
    ...{ rule: "edge-rules-act", type: ruleset, path: "phase", good: "http_ratelimit", removed: ["edge-phases-read"] },
    ...{ unknown: rulesetRules, where: { phase: "http_ratelimit" } },
    given: { rules: [{ action: "block", expression: "true" }] },
  },
  { rule: "edge-bots", type: bots, path: "fightMode", good: true, bad: false, where: { zoneId: "zone" } },
  {
    ...{ rule: "edge-bots", type: bots, path: "sbfmDefinitelyAutomated", good: "managed_challenge", bad: "allow" },
    where: { fightMode: false },
  },
  { rule: "load-balancer-monitor", type: monitor, path: "type", good: "https", bad: "http" },
  { rule: "load-balancer-monitor", type: monitor, path: "allowInsecure", good: false, bad: true, removed: [] },
  {
    rule: "load-balancer-pool-watched",
    type: "cloudflare:index/loadBalancerPool:LoadBalancerPool",
    path: "monitor",
    good: "monitor",
    bad: "",
  },
  {
    rule: "load-balancer-proxied",
    type: "cloudflare:index/loadBalancer:LoadBalancer",
    path: "proxied",
    good: true,
    bad: false,
  },
];
