import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { type PriceTable, parsePriceTable, pricesFile } from "../price-table";
import { priceOfMeter } from "./price-of-meter";
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
  const document = parseDocument(source);
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
    document.setIn(["prices", price, "amount"], answer.amount);
    document.setIn(["prices", price, "recorded"], today);
  }
  if (found.length > 0) document.setIn(["refreshedFrom"], api.endpoint ?? retailPriceApi);
  const text = document.toString({ lineWidth: 0 });
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
