import { beforeEach, describe, expect, it } from "vitest";
import { LoadBalancer, type LoadBalancerArgs } from "../../components/load-balancer/load-balancer";
import { lasting, SeededSandbox, seeded } from "./seeded-sandbox";

const balancerType = "cloudflare:index/loadBalancer:LoadBalancer";
const poolType = "cloudflare:index/loadBalancerPool:LoadBalancerPool";
const monitorType = "cloudflare:index/loadBalancerMonitor:LoadBalancerMonitor";

const defaults: LoadBalancerArgs = {
  context: lasting,
  accountId: seeded.accountId,
  zone: seeded.alaiZone,
  hostname: "api.alai.no",
  monitor: { path: "/health/ready" },
  pools: [{ name: "prod", origins: ["api.prod.example"] }, { name: "dr" }],
  origins: { dr: ["api.dr.example"] },
};

let sandbox: SeededSandbox;

beforeEach(() => {
  sandbox = new SeededSandbox();
});

describe("LoadBalancer", () => {
  it("serves from the first healthy pool, in their order", async () => {
    const { changes } = await sandbox.upTwice(() => new LoadBalancer("api", defaults));
    expect(changes).toEqual({ create: 6 });
    const pools = await sandbox.resources(poolType);
    const [prod, dr] = ["prod", "dr"].map((pool) => pools.get(`api-${pool}`));
    expect(dr?.inputs).toMatchObject({
      name: "api-dr",
      origins: [{ name: "dr-1", address: "api.dr.example", header: { hosts: ["api.dr.example"] } }],
    });
    const monitor = (await sandbox.resources(monitorType)).get("api");
    expect(monitor?.inputs).toMatchObject({ type: "https", path: "/health/ready", interval: 60, probeZone: "alai.no" });
    expect(dr?.inputs.monitor).toBe(monitor?.id);
    expect((await sandbox.resources(balancerType)).get("api")).toMatchObject({
      protect: true,
      inputs: { proxied: true, steeringPolicy: "off", defaultPools: [prod?.id, dr?.id], fallbackPool: prod?.id },
    });
  });

  it("leaves the order to takeovers", async () => {
    await sandbox.deployment.up(() => new LoadBalancer("api", defaults));
    const [prod = "", dr = ""] = sandbox.existing(poolType);
    const [id = ""] = sandbox.existing(balancerType);
    await sandbox.world.transact((world) => {
      const balancer = world.get(balancerType, id) ?? expect.unreachable("the balancer was made");
      world.put({ ...balancer, properties: { ...balancer.properties, defaultPools: [dr, prod], fallbackPool: dr } });
    });
    await sandbox.deployment.refresh();
    const again = await sandbox.deployment.up(() => ({ order: new LoadBalancer("api", defaults).order }));
    expect(Object.keys(again.changes)).toEqual(["same"]);
    expect(again.outputs).toEqual({ order: [dr, prod] });
  });

  it.each<[string, Partial<LoadBalancerArgs>, string]>([
    ["a name elsewhere", { hostname: "api.bilko.io" }, 'hostname: "api.bilko.io" is not in the zone alai.no'],
    ["one pool", { pools: [{ name: "dr" }] }, "pools: expected at least 2"],
    [
      "a pool twice",
      { pools: [{ name: "dr" }, { name: "dr" }] },
      'pools[1].name: "dr" is given twice; keep one of them',
    ],
    ["a pool without origins", { origins: {} }, 'pools[1]: the pool "dr" has no origins'],
    [
      "origins of no pool",
      { origins: { ...defaults.origins, backup: ["a.example"] } },
      'there are origins for "backup", which is no pool that waits for some',
    ],
    [
      "more origins than the add-on takes",
      { origins: { ...defaults.origins, dr: Array.from({ length: 20 }, (_, index) => `a${index}.example`) } },
      "has 21 origins, of which the add-on takes 20",
    ],
    [
      "questions more often than the add-on asks",
      { monitor: { path: "/", every: "10s" } },
      "monitor.every: expected 60s, the least that the add-on allows, to 1h",
    ],
  ])("refuses %s", async (_name, changes, message) => {
    const said = await sandbox.refusal(() => new LoadBalancer("api", { ...defaults, ...changes }));
    expect(said).toContain(`LoadBalancer "api": ${message}`);
  });
});
