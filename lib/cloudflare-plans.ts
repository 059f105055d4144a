/** The plans of a zone, by the names that Cloudflare's API gives them, the smallest first. */
export const cloudflarePlans = ["free", "pro", "business", "enterprise"] as const;

export type CloudflarePlan = (typeof cloudflarePlans)[number];

/** The phases whose rules a plan counts. */
export type CountedPhase =
  | "http_config_settings"
  | "http_ratelimit"
  | "http_request_cache_settings"
  | "http_request_dynamic_redirect"
  | "http_request_firewall_custom";

/** Cloudflare's managed rulesets that zones execute, by their ids, which are the same in every account. */
export const managedRulesets = {
  cloudflare: "efb7b8c949ac4650a09736fc376e9aee",
  free: "77454fe2d30c4220b5701f6fdfb893ba",
  owasp: "4814384a9e5d4991b9815dcfc25d2f1f",
} as const;

/** The rule of the OWASP ruleset that acts, once the scores of the others add up to the threshold. */
export const owaspActingRule = "6179ae15870a4bb7b2d480d4843b323c";

/** What a zone's plan has. Times in seconds. */
export interface PlanFacts {
  /** How many rules a zone can have in each phase. */
  readonly rules: Readonly<Record<CountedPhase, number>>;
  readonly managedRulesets: readonly (keyof typeof managedRulesets)[];
  readonly rateLimit: {
    /** Over which requests can be counted. */
    readonly periods: readonly number[];
    /** For which a client that is over the limit can be blocked. */
    readonly timeouts: readonly number[];
    /** What a rule can do with it. */
    readonly actions: readonly string[];
    /** What of a request its expression can name. */
    readonly fields: readonly string[];
  };
  /** The shortest time that the edge can be told to keep an answer. Browsers can be told any. */
  readonly shortestEdgeTtl: number;
  /** Properties of the bot settings. */
  readonly bots: readonly string[];
  /** Whether custom rules can only log. */
  readonly logs: boolean;
  /** Whether expressions can have regular expressions. */
  readonly regularExpressions: boolean;
}

const ratePeriods = [
  ...[10, 15, 20, 30, 40, 45, 60, 90, 120, 180, 240, 300, 480, 600, 900, 1200, 1800, 2400, 3600, 65_535, 86_400],
];
const upTo = (most: number) => ratePeriods.filter((period) => period <= most);

const pathFields = ["http.request.uri.path", "cf.bot_management.verified_bot", "cf.client.bot"];
const uriFields = [...pathFields, "http.host", "http.request.uri", "http.request.full_uri", "http.request.uri.query"];
const sourceFields = [...uriFields, "http.request.method", "ip.src", "http.user_agent"];
const proBots = ["sbfmDefinitelyAutomated", "sbfmVerifiedBots", "sbfmStaticResourceProtection", "optimizeWordpress"];
const businessBots = [...proBots, "sbfmLikelyAutomated"];
const challenges = ["block", "challenge", "js_challenge", "managed_challenge"];

/**
 * One table of what each plan has: the schema refuses what is not in it, and so does the emulated Cloudflare.
 * Source: Cloudflare documentation, the table behind its plan boxes (cloudflare-docs, `src/content/plans/index.json`) and "Rate limiting
 * rules", availability, both read in November 2026; that free zones limit by blocking alone and for as long as they count: the API's
 * own refusals, as reported.
 */
export const planFacts: Readonly<Record<CloudflarePlan, PlanFacts>> = {
  free: {
    rules: rulesOf({ redirects: 10, custom: 5, rateLimits: 1 }),
    managedRulesets: ["free"],
    rateLimit: { periods: [10], timeouts: [10], actions: ["block"], fields: pathFields },
    shortestEdgeTtl: 7200,
    bots: ["fightMode"],
    logs: false,
    regularExpressions: false,
  },
  pro: {
    rules: rulesOf({ redirects: 25, custom: 20, rateLimits: 2 }),
    managedRulesets: ["free", "cloudflare", "owasp"],
    rateLimit: { periods: upTo(60), timeouts: upTo(3600), actions: challenges, fields: uriFields },
    shortestEdgeTtl: 3600,
    bots: proBots,
    logs: false,
    regularExpressions: false,
  },
  business: {
    rules: rulesOf({ redirects: 50, custom: 100, rateLimits: 5 }),
    managedRulesets: ["free", "cloudflare", "owasp"],
    rateLimit: { periods: upTo(600), timeouts: upTo(86_400), actions: challenges, fields: sourceFields },
    shortestEdgeTtl: 1,
    bots: businessBots,
    logs: false,
    regularExpressions: true,
  },
  enterprise: {
    rules: rulesOf({ redirects: 300, custom: 1000, rateLimits: 100 }),
    managedRulesets: ["free", "cloudflare", "owasp"],
    rateLimit: {
      periods: upTo(65_535),
      timeouts: upTo(86_400),
      actions: [...challenges, "log"],
      fields: [...sourceFields, "ip.src.country", "http.request.headers", "http.cookie"],
    },
    shortestEdgeTtl: 1,
    bots: [...businessBots, "autoUpdateModel", "suppressSessionScore"],
    logs: true,
    regularExpressions: true,
  },
};

/** Redirects, configuration and cache rules have one number; it is counted for each phase by itself. */
function rulesOf(most: { redirects: number; custom: number; rateLimits: number }): PlanFacts["rules"] {
  return {
    http_config_settings: most.redirects,
    http_ratelimit: most.rateLimits,
    http_request_cache_settings: most.redirects,
    http_request_dynamic_redirect: most.redirects,
    http_request_firewall_custom: most.custom,
  };
}

/** The smallest plan that has something; undefined when none does. @example smallestPlan(({ logs }) => logs) // "enterprise" */
export function smallestPlan(has: (facts: PlanFacts) => boolean): CloudflarePlan | undefined {
  return cloudflarePlans.find((plan) => has(planFacts[plan]));
}

/**
 * Load balancing is an add-on of the account, whatever the zone's plan: how many origins it takes in all, and how often, in seconds, it
 * asks them. Source: Cloudflare documentation, "Load Balancing", availability; the smallest subscription checks every minute.
 */
export const loadBalancingAddOn = { origins: 20, shortestInterval: 60 };
