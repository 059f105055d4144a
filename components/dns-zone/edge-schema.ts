import { z } from "zod";
import { type CloudflarePlan, type PlanFacts, planFacts, smallestPlan } from "../../lib/cloudflare-plans";
import { durationSeconds, goDuration } from "../../lib/duration";
import { type Path, type Problem, repeatedName } from "../../lib/located-yaml/problem";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { durationSchema } from "../host-replication/schema";
import { publicAddressSchema } from "../reach/schema";
import { hostnameSchema } from "./hostname";

/** Which requests a rule is about: those that all of it holds for; all of them when nothing is given. */
const requests = {
  name: z
    .string()
    .max(39)
    .regex(/^[a-z][a-z0-9-]*$/, { error: "expected lower-case letters, digits and dashes" })
    .meta({
      description: "Tells the rule apart from others of its kind; Cloudflare and the diff recognise it by this",
    }),
  hosts: z
    .array(hostnameSchema)
    .min(1)
    .exactOptional()
    .meta({ description: "Requests to these host names only. Default: to all of the zone" }),
  paths: z
    .array(
      z.string().regex(/^(\/[\w.~-]+)+$/, { error: 'expected a path such as "/admin", without a slash at its end' }),
    )
    .min(1)
    .exactOptional()
    .meta({ description: "Requests to these paths and what is below them only, in any letter case. Default: to all" }),
};

const rateLimitSchema = z
  .strictObject({
    ...requests,
    requests: z.int().min(1).max(1_000_000).meta({
      description: "So many requests of one address are let through, at each of Cloudflare's places by itself",
    }),
    per: durationSchema.meta({ description: "The time over which they are counted: 10s on the free plan" }),
    blockedFor: durationSchema
      .exactOptional()
      .meta({ description: "For how long an address that sent more is refused. Default: as long as it is counted" }),
  })
  .meta({ description: "A limit on what one address sends" });

const restrictedSchema = z
  .strictObject({
    ...requests,
    addresses: z
      .array(publicAddressSchema)
      .min(1)
      .meta({ description: "Only these get an answer; everybody else is refused" }),
  })
  .superRefine(({ hosts, paths }, refinement) => {
    if (hosts !== undefined || paths !== undefined) return;
    addProblems(refinement, [{ path: [], message: "say which hosts or paths are for these addresses only" }]);
  })
  .meta({ description: "What listed addresses can reach alone, such as /admin" });

const cacheSchema = z
  .strictObject({
    ...requests,
    files: z
      .enum(["static", "html"])
      .exactOptional()
      .meta({ description: "static: files by their extension, such as css, js or png. html: pages. Default: both" }),
    browser: durationSchema
      .exactOptional()
      .meta({ description: "How long browsers keep it. Default: as the origin says" }),
    edge: durationSchema.exactOptional().meta({
      description: "How long the edge keeps it, whatever the origin says. Default: as the origin says, or not at all",
    }),
    bypass: z
      .literal(true)
      .exactOptional()
      .meta({ description: "It is never kept at the edge; counts over other rules" }),
  })
  .superRefine(({ bypass, browser, edge }, refinement) => {
    const keeps = browser !== undefined || edge !== undefined;
    if (bypass === true && keeps)
      addProblems(refinement, [{ path: ["bypass"], message: "what is never kept has neither browser nor edge" }]);
    if (bypass === undefined && !keeps)
      addProblems(refinement, [
        { path: [], message: "say how long it is kept, with browser or edge, or bypass: true" },
      ]);
  })
  .meta({ description: "How long answers are kept" });

/** What the edge does with a zone's requests. Every part needs a plan that has it: {@link planProblems}. */
export const edgeSchema = z
  .strictObject({
    managedRules: z
      .array(z.enum(["cloudflare", "owasp"]))
      .exactOptional()
      .meta({
        description:
          "Cloudflare's own rulesets that requests go through, which block what they find. Default: the free one, on every plan",
      }),
    rateLimits: z.array(rateLimitSchema).exactOptional().meta({ description: "Default: none" }),
    restricted: z.array(restrictedSchema).exactOptional().meta({ description: "Default: nothing" }),
    onlyCountries: z
      .array(z.string().regex(/^[A-Z]{2}$/, { error: 'expected a country\'s two letters, for example "NO"' }))
      .exactOptional()
      .meta({ description: "Requests from other countries are refused. Default, and when empty: none is" }),
    challengeSuspicious: z.boolean().exactOptional().meta({
      description: "Whether requests through Tor, and those that name no program, are challenged. Default: false",
    }),
    bots: z
      .enum(["challenge", "block"])
      .exactOptional()
      .meta({ description: "What happens to requests that are surely automated. Default: as Cloudflare has it" }),
    cache: z.array(cacheSchema).exactOptional().meta({ description: "Default: as Cloudflare has it" }),
  })
  .superRefine((edge, refinement) => {
    for (const list of ["rateLimits", "restricted", "cache"] as const) {
      const names = (edge[list] ?? []).map(({ name }) => name);
      const repeated = names.flatMap((_, index) => repeatedName(names, index, [list, index, "name"]));
      addProblems(refinement, repeated);
    }
  })
  .meta({ description: "What the edge does with the zone's requests, as far as its plan has it" });

export type ZoneEdge = z.infer<typeof edgeSchema>;

/** What a zone says of its edge that its plan does not have. */
export function planProblems(zone: { readonly plan?: CloudflarePlan; readonly edge?: ZoneEdge }): readonly Problem[] {
  const { plan = "free", edge = {} } = zone;
  const facts = planFacts[plan];
  const lacks = (path: Path, what: string, has: (facts: PlanFacts) => boolean): readonly Problem[] => {
    if (has(facts)) return [];
    const smallest = smallestPlan(has);
    const needed = `the zone's plan is "${plan}", and "${smallest}" is the smallest that has it`;
    return [{ path: ["edge", ...path], message: `${what}: ${smallest === undefined ? "no plan has it" : needed}` }];
  };
  const count = (path: Path, length: number, what: string, phase: keyof PlanFacts["rules"]) =>
    lacks(path, `${length} ${what}`, ({ rules }) => length <= rules[phase]);
  const custom =
    (edge.restricted?.length ?? 0) +
    (edge.challengeSuspicious === true ? 1 : 0) +
    ((edge.onlyCountries?.length ?? 0) > 0 ? 1 : 0);
  return [
    ...(edge.managedRules ?? []).flatMap((ruleset, index) =>
      lacks(["managedRules", index], ruleset, ({ managedRulesets }) => managedRulesets.includes(ruleset)),
    ),
    ...count(["rateLimits"], edge.rateLimits?.length ?? 0, "rate limits", "http_ratelimit"),
    ...(edge.rateLimits ?? []).flatMap(({ per, blockedFor = per, hosts }, index) => [
      ...lacks(["rateLimits", index, "per"], `counting over ${per}`, ({ rateLimit }) =>
        rateLimit.periods.includes(durationSeconds(per)),
      ),
      ...lacks(
        ["rateLimits", index, blockedFor === per ? "per" : "blockedFor"],
        `refusing for ${blockedFor}`,
        ({ rateLimit }) => rateLimit.timeouts.includes(durationSeconds(blockedFor)),
      ),
      ...lacks(
        ["rateLimits", index, "hosts"],
        "a limit by host",
        ({ rateLimit }) => hosts === undefined || rateLimit.fields.includes("http.host"),
      ),
    ]),
    ...count(["restricted"], custom, "custom rules", "http_request_firewall_custom"),
    ...count(["cache"], edge.cache?.length ?? 0, "cache rules", "http_request_cache_settings"),
    ...(edge.cache ?? []).flatMap(({ edge: kept }, index) =>
      kept === undefined
        ? []
        : lacks(
            ["cache", index, "edge"],
            `keeping it for ${kept} (at least ${goDuration(facts.shortestEdgeTtl)})`,
            ({ shortestEdgeTtl }) => durationSeconds(kept) >= shortestEdgeTtl,
          ),
    ),
    ...(edge.bots === "block"
      ? lacks(["bots"], "blocking bots", ({ bots }) => bots.includes("sbfmDefinitelyAutomated"))
      : []),
  ];
}
