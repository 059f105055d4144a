import type { input } from "@pulumi/cloudflare/types";
import { refuse } from "../../lib/refusal";

/** A rule that somebody contributes to a zone. Cloudflare has one ruleset per phase and zone, so the zone collects them. */
export type ZoneRule =
  | {
      readonly kind: "redirect";
      /** Stable and unique in the zone: Cloudflare and the diff recognise the rule by it. */
      readonly ref: string;
      readonly description: string;
      /** Requests to this host name … */
      readonly from: string;
      /** … go to the same path on this one, permanently. */
      readonly to: string;
    }
  | {
      readonly kind: "no-browser-integrity-check";
      readonly ref: string;
      readonly description: string;
      /** The host name whose callers are programs, which Browser Integrity Check would refuse with error 1010. */
      readonly hostname: string;
    };

/** The rules of one phase, as the arguments of its entrypoint ruleset. */
export interface PhaseRules {
  readonly phase: "http_request_dynamic_redirect" | "http_config_settings";
  readonly name: string;
  readonly rules: readonly input.RulesetRule[];
}

const phaseOf = {
  redirect: "http_request_dynamic_redirect",
  "no-browser-integrity-check": "http_config_settings",
} as const satisfies Record<ZoneRule["kind"], PhaseRules["phase"]>;

const phaseNames = {
  http_request_dynamic_redirect: "Redirects",
  http_config_settings: "Configuration",
} as const satisfies Record<PhaseRules["phase"], string>;

/**
 * One ruleset per phase out of everybody's rules, ordered by `ref` so that the order of contributors does not matter.
 *
 * @param zone its domain
 * @throws when two rules have one `ref`
 */
export function rulesByPhase(zone: string, rules: readonly ZoneRule[]): PhaseRules[] {
  const sorted = [...rules].sort((left, right) => (left.ref < right.ref ? -1 : 1));
  const repeated = sorted.filter((rule, index) => rule.ref === sorted[index + 1]?.ref).map((rule) => rule.ref);
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

function rulesetRule(zone: string, rule: ZoneRule): input.RulesetRule {
  const shared = { ref: rule.ref, description: rule.description, enabled: true };
  switch (rule.kind) {
    case "redirect":
      return {
        ...shared,
        expression: hostIs(zone, rule.from),
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
        ...shared,
        expression: hostIs(zone, rule.hostname),
        action: "set_config",
        actionParameters: { bic: false },
      };
  }
}

/** @throws when the name could end the quoted string it is put in */
function hostIs(zone: string, hostname: string): string {
  refuse(`DnsZone "${zone}"`, /^[a-z0-9.-]+$/.test(hostname) ? [] : [`"${hostname}" is not a host name`]);
  return `(http.host eq "${hostname}")`;
}
