import type { input } from "@pulumi/cloudflare/types";
import type { CountedPhase, managedRulesets } from "../../lib/cloudflare-plans";
import { refuse } from "../../lib/refusal";
import { rulesetRule } from "./ruleset-rule";

/** Which requests a rule is about: those that all of it holds for; all of the zone when nothing is given. */
export interface Requests {
  readonly hosts?: readonly string[];
  /** These paths and what is below them, in any letter case. @example ["/admin"] */
  readonly paths?: readonly string[];
  /** Files by their extension, or pages. */
  readonly files?: "static" | "html";
}

/** A rule that somebody contributes to a zone. Cloudflare has one ruleset per phase and zone, so the zone collects them. */
export type ZoneRule = {
  /** Stable and unique in the zone: Cloudflare and the diff recognise the rule by it. */
  readonly ref: string;
  readonly description: string;
} & (
  | {
      readonly kind: "redirect";
      /** Requests to this host name … */
      readonly from: string;
      /** … go to the same path on this one, permanently. */
      readonly to: string;
    }
  | {
      readonly kind: "no-browser-integrity-check";
      /** The host name whose callers are programs, which Browser Integrity Check would refuse with error 1010. */
      readonly hostname: string;
    }
  /** Requests that are for some addresses only. */
  | { readonly kind: "only-from"; readonly requests: Requests; readonly addresses: readonly string[] }
  | { readonly kind: "only-countries"; readonly countries: readonly string[] }
  | { readonly kind: "challenge-suspicious" }
  | { readonly kind: "managed-rules"; readonly ruleset: Exclude<keyof typeof managedRulesets, "free"> }
  /** So many requests of one address in so many seconds; then it is refused for as many. */
  | {
      readonly kind: "rate-limit";
      readonly requests: Requests;
      readonly most: number;
      readonly periodSeconds: number;
      readonly refusedSeconds: number;
    }
  | {
      readonly kind: "cache";
      readonly requests: Requests;
      readonly browserSeconds?: number;
      readonly edgeSeconds?: number;
    }
  | { readonly kind: "no-cache"; readonly requests: Requests }
);

/** The rules of one phase, as the arguments of its entrypoint ruleset. */
export interface PhaseRules {
  readonly phase: CountedPhase | "http_request_firewall_managed";
  readonly name: string;
  readonly rules: readonly input.RulesetRule[];
}

/** In the order in which a phase goes through them: who is refused is not challenged before, and what is not kept counts last. */
const phaseOf = {
  redirect: "http_request_dynamic_redirect",
  "no-browser-integrity-check": "http_config_settings",
  "only-from": "http_request_firewall_custom",
  "only-countries": "http_request_firewall_custom",
  "challenge-suspicious": "http_request_firewall_custom",
  "managed-rules": "http_request_firewall_managed",
  "rate-limit": "http_ratelimit",
  cache: "http_request_cache_settings",
  "no-cache": "http_request_cache_settings",
} as const satisfies Record<ZoneRule["kind"], PhaseRules["phase"]>;

const kinds = Object.keys(phaseOf);

const phaseNames: Readonly<Record<PhaseRules["phase"], string>> = {
  http_config_settings: "Configuration",
  http_ratelimit: "Rate limits",
  http_request_cache_settings: "Cache",
  http_request_dynamic_redirect: "Redirects",
  http_request_firewall_custom: "Who is refused or challenged",
  http_request_firewall_managed: "Managed rules",
};

/**
 * One ruleset per phase out of everybody's rules, ordered by kind and `ref` so that the order of contributors does not matter.
 *
 * @param zone its domain
 * @throws when two rules have one `ref`
 */
export function rulesByPhase(zone: string, rules: readonly ZoneRule[]): PhaseRules[] {
  const order = ({ kind, ref }: ZoneRule) => `${kinds.indexOf(kind)} ${ref}`;
  const sorted = [...rules].sort((left, right) => (order(left) < order(right) ? -1 : 1));
  const refs = rules.map(({ ref }) => ref);
  const repeated = refs.filter((ref, index) => refs.indexOf(ref) !== index);
  refuse(
    `DnsZone "${zone}"`,
    [...new Set(repeated)].map((ref) => `several rules have the ref ${ref}; each needs its own`),
  );
  const phases = [...new Set(sorted.map((rule) => phaseOf[rule.kind]))].sort();
  return phases.map((phase) => ({
    phase,
    name: phaseNames[phase],
    rules: sorted.filter((rule) => phaseOf[rule.kind] === phase).map((rule) => rulesetRule(zone, rule)),
  }));
}
