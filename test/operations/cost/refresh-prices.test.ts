import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { parsePriceTable } from "../../../operations/cost/price-table";
import { refreshPrices } from "../../../operations/cost/retail/refresh-prices";
import { RetailApiError, retailItems } from "../../../operations/cost/retail/retail-prices";
import { type Answer, LocalServer, type Received } from "../drift/local-server";

const table = `# kept
region: swedencentral
currency: USD
recorded: 2026-01-01
source: https://example.net/pricing
use: { activeHoursPerDay: 5, jobRunSeconds: 20, startsPerMonth: 1, freeVcpuSeconds: 1, freeGibSeconds: 1, storedGb: 1, logGbPerMonth: 1, metricSamplesMillionsPerMonth: 1, metricQueriedMillionsPerMonth: 1, secretOperationsPerMonth: 1, queueMillionsPerMonth: 1 }
prices:
  postgres/B2s: { amount: 1, unit: hour, meter: { serviceName: Azure Database for PostgreSQL, armSkuName: Standard_B2s, meterName: B2S } }
  vault/operation: { amount: 2, unit: operation, meter: { serviceName: Key Vault, meterName: Operations } }
  logs/ingested: { amount: 3, unit: GB, meter: { serviceName: Log Analytics, meterName: Analytics Logs Data Ingestion } }
  registry/Basic: { amount: 4, unit: hour, meter: { serviceName: Container Registry, meterName: Basic Registry Unit } }
  private-dns/zone: { amount: 0.5, unit: month }
free: {}
`;

/** As the API writes an item. */
const item = (serviceName: string, meterName: string, more: object) => ({
  currencyCode: "USD",
  tierMinimumUnits: 0,
  retailPrice: 1,
  unitPrice: 1,
  armRegionName: "swedencentral",
  location: "SE Central",
  effectiveStartDate: "2024-01-01T00:00:00Z",
  meterId: "00000000-0000-4000-8000-000000000000",
  meterName,
  productId: "DZH318Z0BQ4B",
  skuId: "DZH318Z0BQ4B/0001",
  productName: serviceName,
  skuName: meterName,
  serviceName,
  serviceId: "DZH317",
  serviceFamily: "Databases",
  unitOfMeasure: "1 Hour",
  type: "Consumption",
  isPrimaryMeterRegion: true,
  armSkuName: "",
  ...more,
});
const page = (items: readonly object[], next: string | null = null): Answer => ({
  status: 200,
  body: {
    BillingCurrency: "USD",
    CustomerEntityId: "Default",
    CustomerEntityType: "Retail",
    Items: items,
    NextPageLink: next,
    Count: items.length,
  },
});

const filterOf = ({ url }: Received) => new URL(url, "http://x").searchParams.get("$filter") ?? "";
let server: LocalServer;
let directory: string | undefined;
afterEach(async () => {
  await server.close();
  if (directory !== undefined) rmSync(directory, { recursive: true });
  directory = undefined;
});

async function refreshed(answer: (request: Received) => Answer) {
  server = await LocalServer.start(answer);
  directory = mkdtempSync(join(tmpdir(), "prices-"));
  const file = join(directory, "prices.yaml");
  writeFileSync(file, table);
  return refreshPrices({
    file,
    today: "2026-06-01",
    endpoint: `${server.url}/prices`,
    retrySeconds: 0.01,
    timeoutSeconds: 0.2,
  });
}

describe("a refresh of the prices", () => {
  it("takes each meter's price for the table's unit, dates it, and leaves the rest of the file alone", async () => {
    const { text, found, unknown } = await refreshed((request) => {
      const filter = filterOf(request);
      if (filter.includes("PostgreSQL")) {
        const b2s = { armSkuName: "Standard_B2s", retailPrice: 0.0726 };
        const name = "Azure Database for PostgreSQL";
        return page([
          item(name, "B2S", b2s),
          item(name, "B2S", { ...b2s, retailPrice: 0.05, type: "Reservation" }),
          item(name, "B2S", { ...b2s, retailPrice: 0.09, armRegionName: "westeurope" }),
        ]);
      }
      if (filter.includes("Key Vault"))
        return page([item("Key Vault", "Operations", { retailPrice: 0.03, unitOfMeasure: "10K" })]);
      if (filter.includes("Log Analytics")) {
        const meter = "Analytics Logs Data Ingestion";
        const tier = (tierMinimumUnits: number, retailPrice: number) =>
          item("Log Analytics", meter, { tierMinimumUnits, retailPrice, unitOfMeasure: "1 GB" });
        return page([tier(0, 0), tier(5, 2.76)]);
      }
      return page([item("Container Registry", "Basic Registry Unit", { retailPrice: 0.1666, unitOfMeasure: "1/Day" })]);
    });
    expect(found).toEqual([
      { price: "postgres/B2s", before: 1, after: 0.0726 },
      { price: "vault/operation", before: 2, after: 0.000003 },
      { price: "logs/ingested", before: 3, after: 2.76 },
    ]);
    expect(unknown).toEqual([
      { price: "registry/Basic", why: "the price is for 1/Day, not for hour" },
      { price: "private-dns/zone", why: "it names no meter" },
    ]);
    const written = parsePriceTable(text, "prices.yaml");
    expect(written.prices["postgres/B2s"]).toMatchObject({ amount: 0.0726, recorded: "2026-06-01", unit: "hour" });
    expect(written.prices["registry/Basic"]).not.toHaveProperty("recorded");
    expect(written.refreshedFrom).toBe(`${server.url}/prices`);
    expect(written.currency).toBe("USD");
    expect(text).toMatch(/^# kept\n/);
    expect(filterOf(server.received[0] ?? { method: "", url: "", body: "", headers: {} })).toBe(
      "serviceName eq 'Azure Database for PostgreSQL' and armSkuName eq 'Standard_B2s' and meterName eq 'B2S' and armRegionName eq 'swedencentral' and priceType eq 'Consumption'",
    );
  });

  it("keeps what the API does not know, and says which meters are not one thing", async () => {
    const { text, found, unknown } = await refreshed((request) => {
      if (!filterOf(request).includes("Key Vault")) return page([]);
      const at = (retailPrice: number, productName: string) =>
        item("Key Vault", "Operations", { retailPrice, productName, unitOfMeasure: "10K" });
      return page([at(0.03, "Key Vault"), at(0.15, "Managed HSM")]);
    });
    expect(found).toEqual([]);
    expect(unknown.map(({ why }) => why)).toEqual([
      "the API knows no such meter",
      expect.stringContaining("Key Vault / Operations, Managed HSM / Operations"),
      "the API knows no such meter",
      "the API knows no such meter",
      "it names no meter",
    ]);
    expect(parsePriceTable(text, "prices.yaml")).toEqual(parsePriceTable(table, "prices.yaml"));
  });
});

describe("the retail price API", () => {
  const all = async (answer: (request: Received, count: number) => Answer) => {
    let count = 0;
    server = await LocalServer.start((request) => answer(request, ++count));
    return retailItems({ meterName: "it's" }, "EUR", {
      endpoint: `${server.url}/prices`,
      retrySeconds: 0.01,
      timeoutSeconds: 0.2,
    });
  };

  it("is read page by page, in the currency that is asked for, with quotes in texts doubled", async () => {
    const items = await all(({ headers }, count) =>
      page([item("S", `m${count}`, {})], count < 3 ? `http://${headers.host}/prices?$skip=${count * 100}` : null),
    );
    expect(items.map(({ meterName }) => meterName)).toEqual(["m1", "m2", "m3"]);
    const first = new URL(server.received[0]?.url ?? "", server.url).searchParams;
    expect([first.get("currencyCode"), first.get("$filter")]).toEqual(["'EUR'", "meterName eq 'it''s'"]);
  });

  it("is asked again when it is busy, after the time that it names", async () => {
    const items = await all((_request, count) =>
      count === 1
        ? { status: 429, body: {}, headers: { "retry-after": "0" } }
        : count === 2
          ? { status: 503, body: "busy" }
          : page([item("S", "m", {})]),
    );
    expect(items).toHaveLength(1);
  });

  it.each<readonly [string, Answer, RegExp]>([
    ["stays busy", { status: 429, body: {}, headers: { "retry-after": "0" } }, /answered 429; try again later/],
    ["wants a long wait", { status: 429, body: {}, headers: { "retry-after": "3600" } }, /answered 429/],
    ["refuses", { status: 400, body: { Error: "bad filter" } }, /answered 400/],
    ["answers with a page", { status: 200, body: "<!doctype html><html></html>" }, /a web page instead of prices/],
    ["answers with nothing", { status: 200, body: "" }, /something else than prices/],
    ["answers with other fields", { status: 200, body: { Items: [{ price: 1 }] } }, /something else than prices/],
    ["names a page elsewhere", page([], "https://example.net/more"), /is not followed/],
  ])("that %s fails with what to do, and without prices", async (_what, answer, message) => {
    const failed = await all(() => answer).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(RetailApiError);
    expect(failed).toMatchObject({ message: expect.stringMatching(message), timedOut: false });
  });

  it("that leads in a circle is left after twenty pages", async () => {
    await expect(all(({ headers }) => page([], `http://${headers.host}/prices`))).rejects.toThrow(/more than 20 pages/);
  });

  it("that does not answer is left after the time limit", async () => {
    server = await LocalServer.start(() => page([]));
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const address = silent.address();
    const endpoint = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/prices`;
    const failed = await retailItems({}, "USD", { endpoint, retrySeconds: 0.001, timeoutSeconds: 0.05 }).catch(
      (error: unknown) => error,
    );
    silent.closeAllConnections();
    silent.close();
    expect(failed).toMatchObject({ timedOut: true, message: expect.stringContaining("no answer within 0.05 seconds") });
  });

  it("that cannot be reached, says so", async () => {
    server = await LocalServer.start(() => page([]));
    const endpoint = server.url;
    await server.close();
    server = await LocalServer.start(() => page([]));
    await expect(retailItems({}, "USD", { endpoint, retrySeconds: 0.01 })).rejects.toThrow(/cannot be reached/);
  });
});
