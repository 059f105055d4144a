import { readFileSync } from "node:fs";
import { LocatedDocument } from "../../../lib/located-yaml/located-document";
import type { Path } from "../../../lib/located-yaml/problem";
import { type Meter, type PriceTable, parsePriceTable, pricesFile } from "../price-table";
import { type RetailApiOptions, type RetailItem, retailItems, retailPriceApi } from "./retail-prices";

/** What became of each price when the API was asked. */
export interface PriceRefresh {
  /** The table's text with what was found. */
  readonly text: string;
  readonly found: readonly { readonly price: string; readonly before: number; readonly after: number }[];
  /** Prices that stay as they are written. */
  readonly unknown: readonly { readonly price: string; readonly why: string }[];
}

export interface RefreshRequest extends RetailApiOptions {
  /** Default: the table of this project. */
  readonly file?: string;
  /** `YYYY-MM-DD`. */
  readonly today: string;
}

/**
 * Asks the retail price API for every price that names its meter. A price that is not found keeps its amount and its date.
 *
 * @throws RetailApiError when the API cannot be read; nothing is known of any price then
 */
export async function refreshPrices({ file = pricesFile, today, ...api }: RefreshRequest): Promise<PriceRefresh> {
  const source = readFileSync(file, "utf8");
  const table = parsePriceTable(source, file);
  const changes: (readonly [Path, string | number])[] = [];
  const found: PriceRefresh["found"][number][] = [];
  const unknown: PriceRefresh["unknown"][number][] = [];
  for (const [price, { amount: before, unit, meter }] of Object.entries(table.prices)) {
    if (meter === undefined) {
      unknown.push({ price, why: "it names no meter" });
      continue;
    }
    const { region, currency } = table;
    const answer = priceOfMeter(await itemsOf(table, meter, api), { meter, region, currency, unit });
    if ("why" in answer) {
      unknown.push({ price, why: answer.why });
      continue;
    }
    found.push({ price, before, after: answer.amount });
    changes.push([["prices", price, "amount"], answer.amount], [["prices", price, "recorded"], today]);
  }
  if (found.length > 0) changes.push([["refreshedFrom"], api.endpoint ?? retailPriceApi]);
  const text = new LocatedDocument(source).withValues(changes);
  parsePriceTable(text, file);
  return { text, found, unknown };
}

function itemsOf(
  { region, currency }: PriceTable,
  meter: NonNullable<PriceTable["prices"][string]["meter"]>,
  api: RetailApiOptions,
): Promise<readonly RetailItem[]> {
  return retailItems({ ...meter, armRegionName: region, priceType: "Consumption" }, currency, api);
}

/** A price for one of the table's units, or why there is none. */
type FoundPrice = { readonly amount: number } | { readonly why: string };

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
function priceOfMeter(
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
