import { join } from "node:path";
import { z } from "zod";
import type { Problem } from "../../lib/located-yaml/problem";
import { parseYaml, readYaml } from "../../lib/located-yaml/read-yaml";
import { addProblems } from "../../lib/located-yaml/schema-problems";

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

/** Of what is paid for as long as it is there, the units that prices are for. */
const timeUnits = ["hour", "day", "month"] as const;
export type TimeUnit = (typeof timeUnits)[number];

export function isTimeUnit(unit: string | undefined): unit is TimeUnit {
  return timeUnits.some((each) => each === unit);
}

/** The property of a resource that a price's name has a place for. @example "registry/{sku.name}" */
export const propertyInPrice = /\{([\w.]+)\}/;

const standingSchema = z.strictObject({ service: z.string(), price: z.string() });

const positive = z.number().nonnegative();

const priceTableSchema = z
  .strictObject({
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
    /** What is paid for as long as it is there, by type: the service on the bill, and its price. */
    standing: z.record(z.string(), standingSchema).default({}),
    free: z.record(z.string(), z.string().min(1)),
  })
  .superRefine((table, refinement) => addProblems(refinement, standingProblems(table)));

export type PriceTable = z.infer<typeof priceTableSchema>;
export type Meter = z.infer<typeof meterSchema>;
export type ExpectedUse = PriceTable["use"];

/** Entries of `standing` whose price is missing from the table, or is not for an hour, a day or a month. */
function standingProblems({ prices, standing }: Pick<PriceTable, "prices" | "standing">): readonly Problem[] {
  return Object.entries(standing).flatMap(([type, { price }]): readonly Problem[] => {
    const path = ["standing", type, "price"];
    const [before = "", , after] = price.split(propertyInPrice);
    const named = Object.keys(prices).filter((name) =>
      after === undefined ? name === before : name.startsWith(before) && name.endsWith(after),
    );
    if (named.length === 0) return [{ path, message: `no price "${price}"` }];
    const others = named.filter((name) => !isTimeUnit(prices[name]?.unit));
    return others.map((name) => ({ path, message: `${name} is not for one of ${timeUnits.join(", ")}` }));
  });
}

export const pricesFile = join(__dirname, "prices.yaml");

/** @throws when the table is not as expected, with everything that is wrong */
export function readPriceTable(file: string = pricesFile): PriceTable {
  return readYaml({ file, schema: priceTableSchema, of: "the price table" });
}

/** {@link readPriceTable} for a text. */
export function parsePriceTable(text: string, file: string): PriceTable {
  return parseYaml(text, { file, schema: priceTableSchema, of: "the price table" });
}
