import { beforeEach, describe, expect, it } from "vitest";
import { FailoverName, type FailoverNameArgs } from "../../components/failover-name/failover-name";
import { lasting, SeededSandbox, seeded } from "./seeded-sandbox";

const defaults: FailoverNameArgs = {
  context: lasting,
  zone: seeded.alaiZone,
  searchPath: "net.alai.no",
  name: "primary",
  deviceNames: ["anvil", "forge"],
  initialAddress: "100.103.49.98",
};
const recordType = "cloudflare:index/dnsRecord:DnsRecord";
let sandbox: SeededSandbox;

beforeEach(() => {
  sandbox = new SeededSandbox();
});

describe("FailoverName", () => {
  it("makes a DNS-only record with a short TTL", async () => {
    const { outputs } = await sandbox.upTwice(() => {
      const name = new FailoverName("primary", defaults);
      return { hostname: name.hostname, address: name.address };
    });
    expect(outputs).toEqual({ hostname: "primary.net.alai.no", address: "100.103.49.98" });
    const record = (await sandbox.resources(recordType)).get("primary");
    expect(record).toMatchObject({ protect: true, inputs: { type: "A", proxied: false, ttl: 60 } });
  });

  it("takes everything else", async () => {
    await sandbox.upTwice(
      () =>
        new FailoverName("primary", {
          ...defaults,
          ttl: 120,
          transform: { record: { comment: "moved by the drill" } },
        }),
    );
    const record = (await sandbox.resources(recordType)).get("primary");
    expect(record?.inputs).toMatchObject({ ttl: 120, comment: "moved by the drill" });
  });

  it("leaves the address to failovers, also when its first value changes", async () => {
    await sandbox.deployment.up(() => new FailoverName("primary", defaults));
    const [id = ""] = sandbox.existing(recordType);
    await sandbox.world.transact((world) => {
      const record = world.get(recordType, id);
      if (record === undefined) throw new Error("the record was made");
      world.put({ ...record, properties: { ...record.properties, content: "100.104.164.86" } });
    });
    await sandbox.deployment.refresh();
    const again = await sandbox.deployment.up(() => {
      const name = new FailoverName("primary", { ...defaults, initialAddress: "100.64.0.11" });
      return { address: name.address };
    });
    expect(Object.keys(again.changes)).toEqual(["same"]);
    expect(again.outputs).toEqual({ address: "100.104.164.86" });
  });

  it.each<[string, Partial<FailoverNameArgs>, string]>([
    [
      "a search path outside the zone",
      { searchPath: "net.bilko.io" },
      'FailoverName "primary": searchPath "net.bilko.io" is not a subdomain of the zone alai.no',
    ],
    [
      "the name of a device",
      { name: "anvil" },
      `FailoverName "primary": name "anvil" is a device's name, which the tailnet finds first; choose a role, for example "primary"`,
    ],
    [
      "an address outside the tailnet",
      { initialAddress: "192.0.2.1" },
      'FailoverName "primary": initialAddress: expected a tailnet address, from 100.64.0.0 to 100.127.255.255',
    ],
    ["a long TTL", { ttl: 3600 }, 'FailoverName "primary": ttl: expected at most 300, got 3600'],
  ])("refuses %s", async (_name, changes, message) => {
    expect(await sandbox.refusal(() => new FailoverName("primary", { ...defaults, ...changes }))).toContain(message);
  });
});
