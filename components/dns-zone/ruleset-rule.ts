import type { input } from "@pulumi/cloudflare/types";
import { managedRulesets, owaspActingRule } from "../../lib/cloudflare-plans";
import { refuse } from "../../lib/refusal";
import type { Requests, ZoneRule } from "./zone-rule";

/** A rule as Cloudflare's Rulesets take it. */
export function rulesetRule(zone: string, rule: ZoneRule): input.RulesetRule {
  return { ref: rule.ref, description: rule.description, enabled: true, ...whatItDoes(zone, rule) };
}

function whatItDoes(
  zone: string,
  rule: ZoneRule,
): Pick<input.RulesetRule, "expression" | "action"> & Partial<input.RulesetRule> {
  switch (rule.kind) {
    case "redirect":
      return {
        expression: expressionOf(zone, { hosts: [rule.from] }),
        action: "redirect",
        actionParameters: {
          fromValue: {
            statusCode: 301,
            preserveQueryString: true,
            targetUrl: { expression: `concat("https://${rule.to}", http.request.uri.path)` },
          },
        },
      };
    case "no-browser-integrity-check":
      return {
        expression: expressionOf(zone, { hosts: [rule.hostname] }),
        action: "set_config",
        actionParameters: { bic: false },
      };
    case "only-from":
      return {
        expression: expressionOf(zone, rule.requests, `not ip.src in {${rule.addresses.join(" ")}}`),
        action: "block",
      };
    case "only-countries":
      return { expression: `(not ip.src.country in ${setOf(zone, rule.countries)})`, action: "block" };
    case "challenge-suspicious":
      // T1 is Tor. Search engines and the like, which Cloudflare knows, are let through.
      return {
        expression: '((http.user_agent eq "" or ip.src.country eq "T1") and not cf.client.bot)',
        action: "managed_challenge",
      };
    case "managed-rules":
      return {
        expression: "true",
        action: "execute",
        actionParameters: {
          id: managedRulesets[rule.ruleset],
          ...(rule.ruleset === "owasp" ? { overrides: owaspOverrides } : {}),
        },
      };
    case "rate-limit":
      return {
        expression: expressionOf(zone, rule.requests),
        action: "block",
        ratelimit: {
          // Cloudflare counts at each of its places by itself, and wants to hear it.
          characteristics: ["cf.colo.id", "ip.src"],
          period: rule.periodSeconds,
          requestsPerPeriod: rule.most,
          mitigationTimeout: rule.refusedSeconds,
        },
      };
    case "cache":
      return {
        expression: expressionOf(zone, rule.requests),
        action: "set_cache_settings",
        actionParameters: {
          cache: true,
          // What the origin says nothing of is not kept: a page could be somebody's own.
          edgeTtl:
            rule.edgeSeconds === undefined
              ? { mode: "bypass_by_default" }
              : { mode: "override_origin", default: rule.edgeSeconds },
          browserTtl:
            rule.browserSeconds === undefined
              ? { mode: "respect_origin" }
              : { mode: "override_origin", default: rule.browserSeconds },
        },
      };
    case "no-cache":
      return {
        expression: expressionOf(zone, rule.requests),
        action: "set_cache_settings",
        actionParameters: { cache: false },
      };
  }
}

/**
 * The OWASP ruleset as Cloudflare offers it at first, said instead of assumed: its rules of the first level add up scores, and at 40
 * its last rule blocks. Source: Cloudflare documentation, "Configure the OWASP ruleset via API".
 */
const owaspOverrides: input.RulesetRuleActionParametersOverrides = {
  categories: [2, 3, 4].map((level) => ({ category: `paranoia-level-${level}`, enabled: false })),
  rules: [{ id: owaspActingRule, action: "block", enabled: true, scoreThreshold: 40 }],
};

/** Extensions of files whose contents are the same for everybody. Source: Cloudflare documentation, "Default cache behavior", shortened. */
const staticExtensions = [
  ...["avif", "css", "eot", "gif", "ico", "jpeg", "jpg", "js", "mjs", "mp4", "otf", "pdf", "png", "svg"],
  ...["ttf", "wasm", "webm", "webp", "woff", "woff2"],
];

/** The extension is empty where the path has none, as in `/` and `/about`. */
const extensionsOf = { static: staticExtensions, html: ["", "htm", "html"] };

function expressionOf(zone: string, { hosts, paths, files }: Requests, ...further: readonly string[]): string {
  const conditions = [
    ...(hosts === undefined ? [] : [oneOf(zone, "http.host", hosts)]),
    ...(paths === undefined ? [] : [below(zone, paths)]),
    ...(files === undefined ? [] : [oneOf(zone, "http.request.uri.path.extension", extensionsOf[files])]),
    ...further,
  ];
  return conditions.length === 0 ? "true" : `(${conditions.join(" and ")})`;
}

function oneOf(zone: string, field: string, values: readonly string[]): string {
  const [only] = values;
  return only !== undefined && values.length === 1
    ? `${field} eq ${quoted(zone, only)}`
    : `${field} in ${setOf(zone, values)}`;
}

function below(zone: string, paths: readonly string[]): string {
  const path = "lower(http.request.uri.path)";
  const each = paths.map((one) => one.toLowerCase());
  const conditions = each.map(
    (one) => `${path} eq ${quoted(zone, one)} or starts_with(${path}, ${quoted(zone, `${one}/`)})`,
  );
  return `(${conditions.join(" or ")})`;
}

function setOf(zone: string, values: readonly string[]): string {
  return `{${values.map((value) => quoted(zone, value)).join(" ")}}`;
}

/** @throws when the text could end the quotes it is put in */
function quoted(zone: string, text: string): string {
  refuse(`DnsZone "${zone}"`, /^[\w./~-]*$/.test(text) ? [] : [`"${text}" is neither a host name nor a path`]);
  return `"${text}"`;
}
