import type { PropertyMap } from "../../../deployment/values/property-value";
import { type CloudflarePlan, cloudflarePlans, planFacts } from "../../../lib/cloudflare-plans";
import { ServiceError } from "../../engine/provider";
import type { WorldTransaction } from "../../world/world";
import { flagAt, mapAt, textAt } from "../read-property";
import type { ServiceContext, TypeRule } from "../type-rule";
import { planOf, requireZone, zoneKind } from "./service-lookup";

/** A zone's plan: bought with the subscription, and the free one again when that ends. */
export const zoneSubscriptionRule: TypeRule = {
  type: "cloudflare:index/zoneSubscription:ZoneSubscription",
  identity: { kind: "named", id: (inputs) => textAt(inputs, "zoneId") ?? "", inputs: (id) => ({ zoneId: id }) },
  takesOverExisting: true,
  required: ["zoneId"],
  allowed: { frequency: ["weekly", "monthly", "quarterly", "yearly"], "ratePlan.id": cloudflarePlans },
  createOnly: ["zoneId"],
  service: {
    create: buyPlan,
    update: buyPlan,
    delete: ({ world, inputs }) => setPlan(world, textAt(inputs, "zoneId") ?? "", "free"),
  },
  computed: {
    names: ["currency", "price", "state"],
    values: ({ inputs }) => ({ currency: "USD", state: "Paid", price: prices[planIn(inputs)] }),
  },
};

/** USD a month. Source: https://www.cloudflare.com/plans/, billed monthly. Enterprise plans have no list price. */
const prices: Readonly<Record<CloudflarePlan, number>> = { free: 0, pro: 25, business: 250, enterprise: 0 };

function planIn(inputs: PropertyMap): CloudflarePlan {
  return cloudflarePlans.find((plan) => plan === textAt(inputs, "ratePlan.id")) ?? "free";
}

function buyPlan({ world, inputs }: ServiceContext): void {
  const zoneId = textAt(inputs, "zoneId") ?? "";
  requireZone(world, zoneId);
  const plan = planIn(inputs);
  // Source: pulumi/pulumi-cloudflare#1550.
  if (plan === "free") {
    const message = "Add a core subscription first and try again. The zone does not have an active core subscription.";
    throw new ServiceError("1207", message, 404);
  }
  setPlan(world, zoneId, plan);
}

function setPlan(world: WorldTransaction, zoneId: string, legacyId: CloudflarePlan): void {
  const zone = world.get(zoneKind, zoneId);
  if (zone === undefined) return;
  const name = `${legacyId.charAt(0).toUpperCase()}${legacyId.slice(1)} Website`;
  const plan = { ...mapAt(zone.properties, "plan"), name, legacyId, price: prices[legacyId] };
  world.put({ ...zone, properties: { ...zone.properties, plan } });
}

/** What a zone has against bots. It exists with the zone, and takes what the zone's plan has. */
export const botManagementRule: TypeRule = {
  type: "cloudflare:index/botManagement:BotManagement",
  identity: { kind: "named", id: (inputs) => textAt(inputs, "zoneId") ?? "", inputs: (id) => ({ zoneId: id }) },
  takesOverExisting: true,
  required: ["zoneId"],
  allowed: {
    sbfmDefinitelyAutomated: ["allow", "block", "managed_challenge"],
    sbfmLikelyAutomated: ["allow", "block", "managed_challenge"],
    sbfmVerifiedBots: ["allow", "block"],
  },
  createOnly: ["zoneId"],
  service: { create: refuseBots, update: refuseBots },
  computed: { names: ["usingLatestModel"], stable: ["usingLatestModel"], values: () => ({ usingLatestModel: true }) },
};

/** Properties that need a plan: in the table of some plan. */
const planned = new Set(cloudflarePlans.flatMap((plan) => planFacts[plan].bots));

/** The code is what people report of this API on a zone whose plan lacks a setting, with status 400; none of them tells its text. */
function refuseBots({ world, inputs }: ServiceContext): void {
  const zone = requireZone(world, textAt(inputs, "zoneId") ?? "");
  const { bots } = planFacts[planOf(zone)];
  for (const name of planned) {
    if (inputs[name] === undefined || bots.includes(name) || flagAt(inputs, name) === false) continue;
    throw new ServiceError("10400", `not entitled to use the setting ${name} on the plan ${planOf(zone)}`);
  }
}
