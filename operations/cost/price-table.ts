import { join } from "node:path";
import { z } from "zod";
import { parseYaml, readYaml } from "../../lib/located-yaml/read-yaml";

const meterSchema = z.strictObject({
  serviceName: z.string(),
  productName: z.string().exactOptional(),
  armSkuName: z.string().exactOptional(),
  skuName: z.string().exactOptional(),
  meterName: z.string(),
});

const priceSchema = z.strictObject({
  amount: z.number().nonnegative(),
  unit: z.string(),
  /** When the retail price API said it; a price without is as old as the table. */
  recorded: z.iso.date().exactOptional(),
  /** What the retail price API calls it; a price without is kept by hand. */
  meter: meterSchema.exactOptional(),
});

const positive = z.number().nonnegative();

const priceTableSchema = z.strictObject({
  region: z.string(),
  currency: z.string().length(3),
  recorded: z.iso.date(),
  source: z.url(),
  /** Where prices with a date of their own come from. */
  refreshedFrom: z.url().exactOptional(),
  use: z.strictObject({
    activeHoursPerDay: positive.max(24),
    jobRunSeconds: positive,
    startsPerMonth: positive,
    freeVcpuSeconds: positive,
    freeGibSeconds: positive,
    storedGb: positive,
    logGbPerMonth: positive,
    metricSamplesMillionsPerMonth: positive,
    metricQueriedMillionsPerMonth: positive,
    secretOperationsPerMonth: positive,
    queueMillionsPerMonth: positive,
  }),
  prices: z.record(z.string(), priceSchema),
  free: z.record(z.string(), z.string().min(1)),
});

export type PriceTable = z.infer<typeof priceTableSchema>;
export type Meter = z.infer<typeof meterSchema>;
export type ExpectedUse = PriceTable["use"];

export const pricesFile = join(__dirname, "prices.yaml");

/** @throws when the table is not as expected, with everything that is wrong */
export function readPriceTable(file: string = pricesFile): PriceTable {
  return readYaml({ file, schema: priceTableSchema, of: "the price table" });
}

/** {@link readPriceTable} for a text. */
export function parsePriceTable(text: string, file: string): PriceTable {
  return parseYaml(text, { file, schema: priceTableSchema, of: "the price table" });
}
