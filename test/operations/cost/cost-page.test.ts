import { describe, expect, it } from "vitest";
import { costPage, readCostEstimate } from "../../../operations/cost/cost-page";
import { readPriceTable } from "../../../operations/cost/price-table";

const table = readPriceTable();
const read = readCostEstimate();
const { "Container apps": apps, PostgreSQL, "Container registry": registry, ...others } = read.reasons;
const own = { "Container apps": apps ?? "", PostgreSQL: PostgreSQL ?? "", "Container registry": registry ?? "" };
const server = (size: string) => ({
  urn: "urn:pulumi:prod::p::azure-native:dbforpostgresql:Server::db",
  type: "azure-native:dbforpostgresql:Server",
  inputs: { sku: { name: size }, storage: { storageSizeGB: 32 } },
});
const cells = (page: string, service: string) =>
  page
    .split("\n")
    .find((line) => line.startsWith(`| ${service} |`))
    ?.split("|")
    .map((cell) => cell.trim())
    .slice(2, 5);

describe("the comparison of the estimate with a plan", () => {
  it("tells a difference of prices from one of scope, service by service", () => {
    const page = costPage([server("Standard_B2s")], { ...read, reasons: own }, table);
    expect(cells(page, "PostgreSQL")).toEqual(["22–24", "17.24", "57.09"]);
    expect(cells(page, "Container registry")).toEqual(["5.00", "5.07", "–"]);
    expect(cells(page, "**Sum**")).toEqual(["**30–32**", "**25.12**", "**57.09**"]);
    expect(page).toContain("108–165; prod is below it");
  });

  it("lists what nobody knows the price of, outside of every sum", () => {
    const page = costPage([server("Standard_X99"), server("Standard_B2s")], { ...read, reasons: own }, table);
    expect(page).toContain("Server db: no price for postgres/Standard_X99");
    expect(cells(page, "PostgreSQL")?.[2]).toBe("57.09");
  });

  it("is refused while a service is not explained, or an explanation is of nothing", () => {
    expect(() => costPage([server("Standard_B2s")], { ...read, reasons: { ...others } }, table)).toThrow(
      /PostgreSQL is paid for and has no reason[\s\S]*nothing is paid for Scheduled jobs/,
    );
  });
});
