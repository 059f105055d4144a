import { currentType } from "../../lib/type-token";
import { type MeteredUse, meteredType } from "./metered-types";
import type { ExpectedUse, PriceTable } from "./price-table";

/** A resource as far as its cost goes. */
export interface CostedResource {
  readonly urn: string;
  readonly type: string;
  readonly inputs: unknown;
}

/** What a stack's resources cost in a month. */
export interface StackCost {
  /** By service, in the table's currency. */
  readonly services: ReadonlyMap<string, number>;
  /** By the price's name in the table, without what is free of it. */
  readonly prices: ReadonlyMap<string, number>;
  /** Resources of unknown price. They are in no sum. */
  readonly unknown: readonly UnknownCost[];
}

export interface UnknownCost {
  readonly urn: string;
  readonly type: string;
  readonly why: string;
}

const sharedByApps = "Free grant of the container apps";

export function stackCost(resources: readonly CostedResource[], table: PriceTable): StackCost {
  const services = new Map<string, number>();
  const unknown: UnknownCost[] = [];
  const used: MeteredUse[] = [];
  for (const { urn, type, inputs } of resources) {
    const current = currentType(type);
    if (isFree(current, table)) continue;
    const metered = meteredType(current, table);
    if (metered === undefined) {
      unknown.push({ urn, type, why: "no price for this type" });
      continue;
    }
    const uses = metered.meter(inputs, table.use);
    const why = "missing" in uses ? `${uses.missing} is known only after up` : missingPrice(uses, table);
    if ("missing" in uses || why !== undefined) {
      unknown.push({ urn, type, why: why ?? "no price" });
      continue;
    }
    used.push(...uses);
    services.set(metered.service, (services.get(metered.service) ?? 0) + sum(uses, table));
  }
  const free = freeGrant(used, table);
  if (free > 0) services.set(sharedByApps, -free);
  const prices = new Map<string, number>();
  for (const use of used) prices.set(use.price, (prices.get(use.price) ?? 0) + sum([use], table));
  return { services, prices, unknown };
}

export function monthlySum({ services }: Pick<StackCost, "services">): number {
  return [...services.values()].reduce((total, amount) => total + amount, 0);
}

/** As tables show it: two digits, and a dash for what nothing is known of. */
export function formatAmount(amount: number | undefined): string {
  return amount === undefined ? "–" : amount.toFixed(2);
}

function isFree(type: string, { free }: PriceTable): boolean {
  return Object.keys(free).some((beginning) =>
    beginning.endsWith(":") ? type.startsWith(beginning) : type === beginning,
  );
}

function missingPrice(uses: readonly MeteredUse[], { prices }: PriceTable): string | undefined {
  const missing = uses.find(({ price }) => prices[price] === undefined);
  return missing === undefined ? undefined : `no price for ${missing.price}`;
}

function sum(uses: readonly MeteredUse[], { prices }: PriceTable): number {
  return uses.reduce((total, { price, quantity }) => total + (prices[price]?.amount ?? 0) * quantity, 0);
}

/** What a subscription gets free is taken off once for each stack: of the active processors first, they are the dearest. */
function freeGrant(uses: readonly MeteredUse[], table: PriceTable): number {
  const quantity = (name: string) =>
    uses.filter(({ price }) => price === name).reduce((total, use) => total + use.quantity, 0);
  const free = (name: string, key: keyof ExpectedUse) =>
    Math.min(quantity(name), table.use[key]) * (table.prices[name]?.amount ?? 0);
  return free("apps/vcpu-active", "freeVcpuSeconds") + free("apps/memory", "freeGibSeconds");
}
