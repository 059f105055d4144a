import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { costPage, estimateSection, readCostEstimate } from "../../../operations/cost/cost-page";
import { readPriceTable } from "../../../operations/cost/price-table";
import { stackCost } from "../../../operations/cost/stack-cost";
import { readSystemPlans, type SystemPlan } from "../../../operations/cost/system-plans";
import { type SizeCost, systemSection } from "../../../operations/cost/system-section";

const table = readPriceTable();
const read = readCostEstimate();
const { "Container apps": apps, PostgreSQL, "Container registry": registry, ...others } = read.reasons;
const own = { "Container apps": apps ?? "", PostgreSQL: PostgreSQL ?? "", "Container registry": registry ?? "" };
const server = (size: string) => ({
  urn: "urn:pulumi:prod::p::azure-native:dbforpostgresql:Server::db",
  type: "azure-native:dbforpostgresql:Server",
  inputs: { sku: { name: size }, storage: { storageSizeGB: 32 } },
});
const costOf = (size: string): SizeCost => ({ ...stackCost([server(size)], table), budget: undefined });
const section = (reasons: Readonly<Record<string, string>>, size = "Standard_B2s") =>
  estimateSection(costOf(size), { ...read, reasons }, table);
const cells = (page: string, service: string) =>
  page
    .split("\n")
    .find((line) => line.startsWith(`| ${service} |`))
    ?.split("|")
    .map((cell) => cell.trim())
    .slice(2, 5);

describe("the comparison of the estimate with a plan", () => {
  it("tells a difference of prices from one of scope, service by service", () => {
    const page = section(own);
    expect(cells(page, "PostgreSQL")).toEqual(["22–24", "17.24", "57.09"]);
    expect(cells(page, "Container registry")).toEqual(["5.00", "5.07", "–"]);
    expect(cells(page, "**Sum**")).toEqual(["**30–32**", "**25.12**", "**57.09**"]);
    expect(page).toContain("108–165; prod is below it");
  });

  it("is refused while a service is not explained, or an explanation is of nothing", () => {
    expect(() => section({ ...others })).toThrow(
      /PostgreSQL is paid for and has no reason[\s\S]*nothing is paid for Jobs/,
    );
  });
});

describe("the page of all stacks", () => {
  it("lists what nobody knows the price of with its stack, outside of every sum", () => {
    const cost = { ...stackCost([server("Standard_X99"), server("Standard_B2s")], table), budget: 60 };
    const sized = [
      { stack: "prod (large)", cost },
      { stack: "dev", cost },
    ];
    const systemOf = (stack: string) => (stack.includes("(") ? undefined : "ours");
    const page = costPage([{ stack: "prod", cost }, ...sized], systemOf, [], table);
    expect(page).toContain("- prod: azure-native:dbforpostgresql:Server db: no price for postgres/Standard_X99");
    expect(page).toContain("| prod | 57.09 | 60.00 |");
    // A size that no stack has is paid by nobody.
    expect(page).toContain("| ours | 114.19 |\n| **all systems** | **114.19** |");
  });
});

describe("the comparison of a system's sizes with its plan", () => {
  const plan: SystemPlan = {
    title: "Acme",
    about: "A plan.",
    sizes: { small: { stack: "acme-prod", plan: 12 }, large: { stack: "acme-prod", preset: "large" } },
    lines: [
      { line: "database", amounts: { small: 10 }, service: "PostgreSQL" },
      { line: "domain", amounts: { small: 2 }, elsewhere: "bought by a person" },
    ],
    reasons: { PostgreSQL: "It is larger." },
    savings: [{ advice: "reserve", here: "reserve", size: "large", saves: { share: 0.5, of: "postgres/Standard_" } }],
  };
  const costs = new Map([
    ["small", costOf("Standard_B1ms")],
    ["large", { ...costOf("Standard_B2s"), budget: 100 }],
  ]);

  it("puts the plan's lines beside what each size costs, and what is elsewhere in a row of its own", () => {
    const page = systemSection("acme", plan, costs);
    expect(page).toContain("| small | acme-prod | 12.00 | 17.24 | 5.24 | – |");
    expect(page).toContain("| PostgreSQL | 10.00 | 17.24 | 57.09 | It is larger. |");
    expect(page).toContain("| In no stack | 2.00 | – | – |");
    expect(page).toContain("| **Sum** | 12.00 | 17.24 | 57.09 |  |");
    expect(page).toContain("| domain | 2.00 | In no stack: bought by a person |");
    expect(page).toContain("| reserve | reserve | large | 26.50 |");
  });

  it("is refused while a service is not explained, an explanation is of nothing, or a saving of nothing", () => {
    const [saving] = plan.savings;
    if (saving === undefined) throw new Error("there is no saving");
    const wrong = {
      ...plan,
      reasons: { Cache: "There is none." },
      savings: [{ ...saving, saves: { share: 0.5, of: "redis/" } }],
    };
    expect(() => systemSection("acme", wrong, costs)).toThrow(
      /acme: PostgreSQL is paid for and has no reason[\s\S]*acme: nothing is paid for Cache[\s\S]*nothing is paid for what "reserve" saves/,
    );
  });

  it("is of plans whose lines sum up to their figures, and refuses others at their lines", () => {
    const { betterworld } = readSystemPlans();
    expect(Object.values(betterworld?.sizes ?? {}).flatMap((size) => size.plan ?? [])).toEqual([52, 201, 637]);
    const file = join(mkdtempSync(join(tmpdir(), "plans-")), "plans.yaml");
    writeFileSync(file, readFileSync("operations/cost/plans.yaml", "utf8").replace("plan: 201", "plan: 202"));
    expect(() => readSystemPlans(file)).toThrow(
      /plans\.yaml:\d+:\d+ systems\.betterworld\.sizes\.growth\.plan: is 202, and the lines of growth sum up to 201/,
    );
  });
});
