import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareCosts, findLowBudgets } from "../../../operations/cost/compare-costs";
import { readPriceTable } from "../../../operations/cost/price-table";
import { type SmallProject, smallProject } from "../../cli/small-project";
import { type PlannedStep, planLog } from "../guard/planned-log";

const server: PlannedStep = {
  op: "create",
  type: "azure-native:dbforpostgresql:Server",
  name: "db",
  new: { inputs: { sku: { name: "Standard_B1ms" }, storage: { storageSizeGB: 32 } } },
};
const budget = (amount: number, op: PlannedStep["op"] = "create"): PlannedStep => {
  const state = { inputs: { amount } };
  return { op, type: "azure-native:consumption:Budget", name: "monthly", old: state, new: state };
};
const messages = (...steps: PlannedStep[]) => {
  const log = planLog(steps);
  return findLowBudgets(log, compareCosts(log, readPriceTable())).map(({ message }) => message);
};

describe("a budget", () => {
  it("below its stack's estimate is an advisory with both amounts, and one at or above it is none", () => {
    expect(messages(server, budget(17))).toEqual([
      "the budget is 17.00 USD a month, this stack is estimated at 17.24: raise the budget, or make the stack smaller",
    ]);
    expect(messages(server, budget(18))).toEqual([]);
  });

  it("that the plan deletes is no advisory", () => {
    expect(messages(server, budget(1, "delete"))).toEqual([]);
  });

  it("says that the estimate leaves out resources of unknown price", () => {
    const other: PlannedStep = { op: "create", type: "azure-native:redis:Redis", name: "cache" };
    expect(messages(server, other, budget(1))).toEqual([
      expect.stringContaining("17.24, without 1 resource of unknown price"),
    ]);
  });
});

describe("preview and up of a stack whose budget is too low", () => {
  let project: SmallProject;
  beforeAll(() => {
    project = smallProject();
    project.write("index.ts", program);
  });
  afterAll(() => project.remove());

  it("say so in one line with the place, and do not fail", async () => {
    for (const command of [["preview"], ["up", "--yes"]]) {
      const run = await project.runHere(command);
      expect(run.exitCode, run.errors).toBe(0);
      expect(run.output.split("\n").filter((line) => line.includes("budget: "))).toEqual([
        expect.stringMatching(/! \[advisory\] {2}budget: index\.ts:\d+: the budget is 1\.00 USD a month/),
      ]);
    }
  }, 60_000);
});

const program = `import { Budget } from "@pulumi/azure-native/consumption";
import { ResourceGroup } from "@pulumi/azure-native/resources";
import { StorageAccount } from "@pulumi/azure-native/storage";

const group = new ResourceGroup("group", { resourceGroupName: "small-group", location: "swedencentral" });
new StorageAccount("account", {
  resourceGroupName: group.name,
  accountName: "smallaccount",
  kind: "StorageV2",
  sku: { name: "Standard_LRS" },
});
new Budget("monthly", {
  scope: group.id,
  budgetName: "monthly",
  category: "Cost",
  amount: 1,
  timeGrain: "Monthly",
  timePeriod: { startDate: new Date().toISOString().slice(0, 8) + "01T00:00:00Z" },
  notifications: {
    actual: { enabled: true, operator: "GreaterThan", threshold: 80, contactEmails: ["team@example.com"] },
  },
});
`;
