import type { Meter } from "../price-table";
import type { RetailItem } from "./retail-prices";

/** A price for one of the table's units, or why there is none. */
export type FoundPrice = { readonly amount: number } | { readonly why: string };

/** How the API calls what the table counts; the number before it says how many of them the price is for. */
const unitNames: Readonly<Record<string, RegExp>> = {
  hour: /^hours?$/i,
  day: /^\/?days?$/i,
  month: /^\/?months?$/i,
  GB: /^gb$/i,
  "GB and month": /^gb\/month$/i,
  "vCPU and second": /^(?:vcpu )?seconds?$/i,
  "GiB and second": /^(?:gib )?seconds?$/i,
  operation: /^$/,
};

const multipliers: Readonly<Record<string, number>> = { K: 1e3, M: 1e6 };

/** The one price that a meter has for a unit in a region. More than one is an answer to no question. */
export function priceOfMeter(
  items: readonly RetailItem[],
  wanted: { readonly meter: Meter; readonly region: string; readonly currency: string; readonly unit: string },
): FoundPrice {
  const { meter, region, currency, unit } = wanted;
  const own = items.filter(
    (item) =>
      item.type === "Consumption" &&
      item.armRegionName === region &&
      item.currencyCode === currency &&
      Object.entries(meter).every(
        ([field, value]) => new Map<string, unknown>(Object.entries(item)).get(field) === value,
      ),
  );
  if (own.length === 0) return { why: "the API knows no such meter" };
  // The first tier of some meters is free; what is free is in the table's expected use.
  const paid = own.filter(({ retailPrice }) => retailPrice > 0);
  const lowest = Math.min(...paid.map(({ tierMinimumUnits }) => tierMinimumUnits));
  const first = paid.filter(({ tierMinimumUnits }) => tierMinimumUnits === lowest);
  const amounts = new Set(first.map((item) => amountFor(unit, item)));
  const [amount] = amounts;
  if (amounts.size > 1) {
    const products = [...new Set(first.map(({ productName, skuName }) => `${productName} / ${skuName}`))];
    return { why: `the meter is not one thing: ${products.join(", ")}; add productName or skuName` };
  }
  if (first.length === 0) return { why: "every price of the meter is 0" };
  return amount === undefined ? { why: `the price is for ${first[0]?.unitOfMeasure}, not for ${unit}` } : { amount };
}

/** For one of the unit; undefined when the item is sold by something else. */
function amountFor(unit: string, { retailPrice, unitOfMeasure }: RetailItem): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KM](?![a-z]))?\s*(.*)$/.exec(unitOfMeasure.trim());
  if (match === null || unitNames[unit]?.test(match[3] ?? "") !== true) return undefined;
  const count = Number(match[1]) * (multipliers[match[2] ?? ""] ?? 1);
  // Divisions leave digits behind that no price has.
  return Number((retailPrice / count).toPrecision(10));
}
