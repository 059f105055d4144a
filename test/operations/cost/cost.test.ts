import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { serverSizes } from "../../../components/postgres-server/postgres-server-args";
import { compareCosts } from "../../../operations/cost/compare-costs";
import { meteredTypes } from "../../../operations/cost/metered-types";
import { parsePriceTable, pricesFile, readPriceTable } from "../../../operations/cost/price-table";
import { monthlySum, stackCost } from "../../../operations/cost/stack-cost";
import { planLog } from "../guard/planned-log";

const table = readPriceTable();
const server = (size: string) => ({ sku: { name: size }, storage: { storageSizeGB: 32 } });
const app = { template: { scale: { minReplicas: 0 }, containers: [{ resources: { cpu: 0.25, memory: "0.5Gi" } }] } };
const of = (type: string, inputs: unknown) => ({ urn: `urn:pulumi:dev::p::${type}::it`, type, inputs });

describe("cost", () => {
  it("of the plan's two apps, database and registry is below its 30 to 32 USD: the database is cheaper at list prices", () => {
    const { services, unknown } = stackCost(
      [
        of("azure-native:app:ContainerApp", app),
        of("azure-native:app:ContainerApp", app),
        of("azure-native:dbforpostgresql:Server", server("Standard_B1ms")),
        of("azure-native:containerregistry:Registry", { sku: { name: "Basic" } }),
      ],
      table,
    );
    expect(unknown).toEqual([]);
    expect(services.get("PostgreSQL")).toBeCloseTo(17.2, 1);
    expect(services.get("Container registry")).toBeCloseTo(5.07, 1);
    const sum = monthlySum({ services });
    expect(sum).toBeGreaterThan(22);
    expect(sum).toBeLessThan(30);
  });

  it("of a database server is known for every size, and twice as much with a standby", () => {
    const type = "azure-native:dbforpostgresql:Server";
    for (const { name } of Object.values(serverSizes)) {
      const { services, unknown } = stackCost([of(type, server(name))], table);
      expect(unknown).toEqual([]);
      const withStandby = { ...server(name), highAvailability: { mode: "ZoneRedundant" } };
      const one = services.get("PostgreSQL") ?? Number.NaN;
      expect(monthlySum(stackCost([of(type, withStandby)], table))).toBeCloseTo(2 * one, 2);
    }
  });

  it("of a database server that is stopped at night is its disk, and 75 of 168 hours", () => {
    const cost = (tags: object) =>
      monthlySum(stackCost([of("azure-native:dbforpostgresql:Server", { ...server("Standard_B2s"), tags })], table));
    const disk = 32 * 0.128;
    expect(cost({ Nights: "off" }) - disk).toBeCloseTo(((cost({}) - disk) * 75) / 168, 6);
  });

  it("of a cache is that of one node, or of two with high availability, the service's default", () => {
    const cost = (inputs: object) =>
      monthlySum(stackCost([of("azure-native:redisenterprise:RedisEnterprise", inputs)], table));
    const sku = { name: "Balanced_B0" };
    expect(cost({ sku, highAvailability: "Disabled" })).toBeCloseTo(11.68, 2);
    expect(cost({ sku })).toBeCloseTo(23.36, 2);
  });

  it("of hardware is by the node, with its management, or by the hour of a replica with a GPU", () => {
    const cost = (type: string, inputs: object) =>
      monthlySum(stackCost([of(`azure-native:app:${type}`, inputs)], table));
    const profile = (workloadProfileType: string, minimumCount?: number) => ({ workloadProfileType, minimumCount });
    expect(cost("ManagedEnvironment", { workloadProfiles: [profile("Consumption")] })).toBe(0);
    // 0.10 for the plan, 4 CPUs at 0.0571 and 16 GiB at 0.005, for 730 hours.
    expect(cost("ManagedEnvironment", { workloadProfiles: [profile("D4", 1)] })).toBeCloseTo(298.13, 1);
    expect(cost("ContainerApp", { ...app, workloadProfileName: "D4" })).toBe(0);
    const onGpu = cost("ContainerApp", { ...app, workloadProfileName: "Consumption-GPU-NC8as-T4" });
    expect(onGpu - cost("ContainerApp", app)).toBeGreaterThanOrEqual(0.32 * 5 * 30);
  });

  it("of the edge is the zone's plan, and the load balancer with one origin in each of two pools", () => {
    const plan = (id: string) => of("cloudflare:index/zoneSubscription:ZoneSubscription", { ratePlan: { id } });
    const pool = (...origins: string[]) => of("cloudflare:index/loadBalancerPool:LoadBalancerPool", { origins });
    const balancer = of("cloudflare:index/loadBalancer:LoadBalancer", {});
    const cost = (...resources: ReturnType<typeof of>[]) => monthlySum(stackCost(resources, table));
    expect(cost(plan("pro"))).toBe(25);
    expect(cost(plan("business"))).toBe(250);
    expect(cost(balancer, pool("a"), pool("b"))).toBe(5);
    expect(cost(balancer, pool("a"), pool("b", "c"))).toBe(10);
    expect(stackCost([plan("enterprise")], table).unknown).toMatchObject([
      { why: "no price for cloudflare/enterprise" },
    ]);
    expect(
      stackCost(
        [pool()].map((one) => ({ ...one, inputs: {} })),
        table,
      ).unknown,
    ).toMatchObject([{ why: "origins is known only after up" }]);
  });

  it("of what is paid for as long as it is there is its price by the hour, the day or the month, and needs what names the price", () => {
    const text = readFileSync(pricesFile, "utf8");
    const price = (unit: string) => text.replace(/registry\/Basic: .*/, `registry/Basic: { amount: 2, unit: ${unit} }`);
    const registry = of("azure-native:containerregistry:Registry", { sku: { name: "Basic" } });
    const cost = (unit: string) => monthlySum(stackCost([registry], parsePriceTable(price(unit), pricesFile)));
    expect(cost("hour")).toBe(1460);
    expect(cost("day")).toBeCloseTo(2 * (730 / 24), 6);
    expect(cost("month")).toBe(2);
    expect(() => cost("GB")).toThrow("registry/Basic is not for one of hour, day, month");
    expect(() => parsePriceTable(text.replace("price: nat/gateway", "price: nat/gate"), pricesFile)).toThrow(
      'no price "nat/gate"',
    );
    expect(stackCost([{ ...registry, inputs: {} }], table).unknown).toMatchObject([
      { why: "sku.name is known only after up" },
    ]);
  });

  it("of a type is said in one place", () => {
    const { standing, free } = table;
    const twice = [...Object.keys(meteredTypes), ...Object.keys(free)].filter((type) => Object.hasOwn(standing, type));
    expect([twice, Object.keys(meteredTypes).filter((type) => Object.hasOwn(free, type))]).toEqual([[], []]);
  });

  it("of a job is that of its runs, by the clock or as many as are expected by hand", () => {
    const template = { containers: [{ resources: { cpu: 1, memory: "2Gi" } }] };
    const runs = (configuration: object) =>
      [...stackCost([of("azure-native:app:Job", { template, configuration })], table).prices.values()].map(
        (cost) => cost / (table.use.jobRunSeconds * 0.000024),
      )[0];
    expect(runs({ triggerType: "Manual" })).toBeCloseTo(table.use.startsPerMonth, 5);
    expect(runs({ scheduleTriggerConfig: { cronExpression: "0 2 * * *" } })).toBeCloseTo(365 / 12, 0);
  });

  it("of queues is by operation on Basic, and by the hour on the other tiers", () => {
    const cost = (sku: object) => monthlySum(stackCost([of("azure-native:servicebus:Namespace", { sku })], table));
    expect(cost({ name: "Basic" })).toBeCloseTo(0.05, 2);
    expect(cost({ name: "Standard" })).toBeCloseTo(9.86, 2);
    expect(cost({ name: "Premium", capacity: 2 })).toBeCloseTo(2 * 677.44, 1);
  });

  it("that nobody knows is listed, not counted as zero", () => {
    const { services, unknown } = stackCost(
      [of("azure-native:redis:Redis", {}), of("azure-native:dbforpostgresql:Server", server("Standard_X99"))],
      table,
    );
    expect(services.size).toBe(0);
    expect(unknown.map(({ why }) => why)).toEqual(["no price for this type", "no price for postgres/Standard_X99"]);
  });

  it("before and after a resize, and after a deletion", () => {
    const type = "azure-native:dbforpostgresql:Server";
    const resized = compareCosts(
      planLog([
        {
          op: "update",
          type,
          name: "a",
          old: { inputs: server("Standard_B1ms") },
          new: { inputs: server("Standard_B2s") },
        },
      ]),
      table,
    );
    expect(monthlySum(resized.after) - monthlySum(resized.before)).toBeCloseTo((0.0726 - 0.018) * 730, 2);
    const deleted = compareCosts(
      planLog([{ op: "delete", type, name: "a", old: { inputs: server("Standard_B1ms") } }]),
      table,
    );
    expect(monthlySum(deleted.after)).toBe(0);
  });
});
