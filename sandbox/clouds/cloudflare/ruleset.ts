import type { PropertyMap, PropertyValue } from "../../../deployment/values/property-value";
import { ServiceError } from "../../engine/provider";
import { mapsAt, numberAt, textAt, textsAt } from "../read-property";
import { RepeatableRandom } from "../repeatable-random";
import type { ServiceContext, TypeRule } from "../type-rule";
import { refuseBeyondPlan } from "./ruleset-plan";
import { lastPart, planOf, requireAccount, requireZone } from "./service-lookup";

const rulesetKind = "cloudflare:index/ruleset:Ruleset";

/** The actions that each phase of the Rulesets product accepts in an entry point ruleset (Cloudflare: "Phases list", "Actions reference"). */
const actionsOfPhase: Readonly<Record<string, readonly string[]>> = {
  ddos_l4: ["execute"],
  ddos_l7: ["execute"],
  http_config_settings: ["set_config"],
  http_custom_errors: ["serve_error"],
  http_log_custom_fields: ["log_custom_field"],
  http_ratelimit: ["block", "challenge", "js_challenge", "log", "managed_challenge"],
  http_request_cache_settings: ["set_cache_settings"],
  http_request_dynamic_redirect: ["redirect"],
  http_request_firewall_custom: ["block", "challenge", "execute", "js_challenge", "log", "managed_challenge", "skip"],
  http_request_firewall_managed: ["execute", "skip"],
  http_request_late_transform: ["rewrite"],
  http_request_origin: ["route"],
  http_request_redirect: ["redirect"],
  http_request_sanitize: ["execute"],
  http_request_sbfm: ["execute"],
  http_request_transform: ["rewrite"],
  http_response_cache_settings: ["set_cache_control", "set_cache_tags"],
  http_response_compression: ["compress_response"],
  http_response_firewall_managed: ["execute", "skip"],
  http_response_headers_transform: ["rewrite"],
  magic_transit: ["block", "execute", "log", "skip"],
  magic_transit_ids_managed: ["execute"],
  magic_transit_managed: ["execute"],
  magic_transit_ratelimit: ["execute"],
};

export const rulesetRule: TypeRule = {
  type: rulesetKind,
  identity: { kind: "generated", id: (random) => random.hex(32), fromImport: lastPart },
  required: ["kind", "name", "phase", "rules[*].action", "rules[*].expression"],
  allowed: { kind: ["managed", "custom", "root", "zone"], phase: Object.keys(actionsOfPhase) },
  check: (inputs) =>
    (inputs.accountId === undefined) === (inputs.zoneId === undefined)
      ? [{ property: "zoneId", reason: "exactly one of 'zoneId' and 'accountId' must be given" }]
      : [],
  createOnly: ["accountId", "zoneId", "kind", "phase"],
  defaults: { description: "" },
  service: { create: refuseRuleset, update: refuseRuleset },
  computed: {
    names: ["version", "lastUpdated", "rules[*].id"],
    values: ({ id, inputs, existing }) => ({
      version: String(1 + Number(textAt(existing?.properties ?? {}, "version") ?? "0")),
      lastUpdated: new Date().toISOString(),
      rules: mapsAt(inputs, "rules").map((rule, index) => withRuleId(id, rule, index)),
    }),
  },
};

/** Cloudflare keeps a rule's id when its `ref` stays; without one, the id goes with the place in the list. */
function withRuleId(rulesetId: string, rule: PropertyMap, index: number): PropertyValue {
  const id = new RepeatableRandom(`${rulesetId} ${textAt(rule, "ref") ?? index}`).hex(32);
  return { enabled: true, ref: id, ...rule, id };
}

function refuseRuleset(context: ServiceContext): void {
  const zoneId = textAt(context.inputs, "zoneId");
  if (zoneId === undefined) requireAccount(context.world, textAt(context.inputs, "accountId") ?? "");
  else refuseBeyondPlan(context.inputs, planOf(requireZone(context.world, zoneId)));
  refuseSecondEntryPoint(context);
  refuseActions(context.inputs);
}

/** Kinds `zone` and `root` are entry points: one for each phase of a zone or an account. */
function refuseSecondEntryPoint({ world, id, inputs }: ServiceContext): void {
  const kind = textAt(inputs, "kind") ?? "";
  if (!["zone", "root"].includes(kind)) return;
  const keys = ["kind", "phase", "zoneId", "accountId"];
  const same = world
    .list(rulesetKind)
    .some((other) => other.id !== id && keys.every((key) => textAt(other.properties, key) === textAt(inputs, key)));
  if (!same) return;
  // Source: cloudflare/terraform-provider-cloudflare#6273, on the version of the provider that Pulumi's is made from.
  throw new ServiceError(
    "20217",
    `'${kind}' is not a valid value for kind because exceeded maximum number of ${kind} rulesets for phase ${textAt(inputs, "phase")}`,
  );
}

function refuseActions(inputs: PropertyMap): void {
  const phase = textAt(inputs, "phase") ?? "";
  const refs = new Set<string>();
  for (const rule of mapsAt(inputs, "rules")) {
    const action = textAt(rule, "action") ?? "";
    if (!actionsOfPhase[phase]?.includes(action)) {
      throw new ServiceError(
        "20120",
        `'${action}' is not a valid value for action because it is not allowed in the phase '${phase}'`,
      );
    }
    if (phase === "http_ratelimit" && numberAt(rule, "ratelimit.period") === undefined) {
      throw new ServiceError("20155", "a ratelimit with a period is required in the phase 'http_ratelimit'");
    }
    if (phase === "http_ratelimit" && !textsAt(rule, "ratelimit.characteristics").includes("cf.colo.id")) {
      // The answer as people published it.
      throw new ServiceError(
        "20155",
        "characteristics field is missing 'cf.colo.id', this is required as ratelimiting counting is processed at colocation level only",
      );
    }
    const ref = textAt(rule, "ref");
    if (ref === undefined) continue;
    if (refs.has(ref))
      throw new ServiceError("20017", `'${ref}' is not a valid value for ref because it is used twice`);
    refs.add(ref);
  }
}
