import { durationSeconds } from "../../lib/duration";
import type { ZoneEdge } from "./edge-schema";
import type { Requests, ZoneRule } from "./zone-rule";

/** The rules that a zone's edge asks for: contributions like everybody else's. */
export function edgeRules(edge: ZoneEdge): ZoneRule[] {
  return [
    ...(edge.managedRules ?? []).map((ruleset): ZoneRule => {
      const description = ruleset === "owasp" ? "Cloudflare OWASP Core Ruleset" : "Cloudflare Managed Ruleset";
      return { kind: "managed-rules", ref: `edge-managed-${ruleset}`, description, ruleset };
    }),
    ...(edge.restricted ?? []).map(({ name, addresses, ...where }): ZoneRule => {
      const description = `${name}: for listed addresses only`;
      return { kind: "only-from", ref: `edge-only-from-${name}`, description, requests: requestsOf(where), addresses };
    }),
    ...countryRules(edge.onlyCountries ?? []),
    ...(edge.challengeSuspicious === true ? [challengeSuspicious] : []),
    ...(edge.rateLimits ?? []).map(({ name, requests, per, blockedFor = per, ...where }): ZoneRule => {
      const description = `${name}: ${requests} requests in ${per} from one address`;
      const times = { periodSeconds: durationSeconds(per), refusedSeconds: durationSeconds(blockedFor) };
      return {
        ...{ kind: "rate-limit", ref: `edge-limit-${name}`, description, requests: requestsOf(where), most: requests },
        ...times,
      };
    }),
    ...(edge.cache ?? []).map(({ name, browser, edge: kept, bypass, ...where }): ZoneRule => {
      const shared = { ref: `edge-cache-${name}`, requests: requestsOf(where) };
      if (bypass === true) return { kind: "no-cache", description: `${name}: never kept`, ...shared };
      return cacheRule({ ...shared, description: `${name}: kept`, browser, edge: kept });
    }),
  ];
}

/** How long answers to some requests are kept, in browsers and at the edge; where nothing is said, as long as the origin says. */
export function cacheRule(rule: {
  readonly ref: string;
  readonly description: string;
  readonly requests: Requests;
  /** @example "365d" */
  readonly browser: string | undefined;
  readonly edge?: string | undefined;
}): ZoneRule {
  const { browser, edge, ...rest } = rule;
  return {
    kind: "cache",
    ...rest,
    ...(browser === undefined ? {} : { browserSeconds: durationSeconds(browser) }),
    ...(edge === undefined ? {} : { edgeSeconds: durationSeconds(edge) }),
  };
}

function requestsOf({ hosts, paths, files }: Requests): Requests {
  return {
    ...(hosts === undefined ? {} : { hosts }),
    ...(paths === undefined ? {} : { paths }),
    ...(files === undefined ? {} : { files }),
  };
}

function countryRules(countries: readonly string[]): ZoneRule[] {
  if (countries.length === 0) return [];
  const description = `Requests from ${countries.join(", ")} only`;
  return [{ kind: "only-countries", ref: "edge-only-countries", description, countries }];
}

const challengeSuspicious: ZoneRule = {
  kind: "challenge-suspicious",
  ref: "edge-challenge-suspicious",
  description: "Requests through Tor, and those that name no program, are challenged",
};
