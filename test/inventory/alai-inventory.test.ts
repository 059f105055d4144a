import { describe, expect, it } from "vitest";
import { replicatedDatabases } from "../../components/host-replication/schema";
import type { Site } from "../../components/static-site/schema";
import { monitoredUrls } from "../../components/static-site/site-plan";
import { loadAlaiInventory } from "../../stacks/alai/inventory";

const inventory = loadAlaiInventory();
const { sites } = inventory.sites;

describe("ALAI's sites", () => {
  it("have repositories named by the convention", () => {
    const names = sites.flatMap((site) => ("owner" in site ? [`${site.owner} ${site.repository}`] : []));
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !/^(own alai|client client)-[a-z]+-web$/.test(name))).toEqual([]);
  });

  it("are all visited by the uptime check that do not say otherwise", () => {
    const isSeen = (site: Site) => site.state !== "retired" || site.target !== undefined;
    const watched = sites.filter((site) => site.monitor && isSeen(site)).map(({ domain }) => `https://${domain}`);
    expect(watched.length).toBeGreaterThan(0);
    expect([...monitoredUrls(sites)].sort()).toEqual(watched.sort());
    expect(sites.filter((site) => site.state === "on-pages" && !site.monitor)).toEqual([]);
  });

  it("switch Browser Integrity Check off for the names that programs call", () => {
    expect(inventory.zones.zones.flatMap((zone) => zone.browserIntegrityCheckOff)).toEqual(
      expect.arrayContaining(["ollama.basicconsulting.no", "lightrag.basicconsulting.no"]),
    );
  });
});

describe("ALAI's replicated databases", () => {
  const { tiers, databases: entries } = inventory.databases;
  const databases = replicatedDatabases(inventory.databases);

  it("have what the plan promises each tier", () => {
    const promised = Object.entries(tiers).map(([tier, { syncInterval, retention, followedByStandby }]) => [
      tier,
      `${syncInterval} / ${retention}${followedByStandby ? ", followed" : ""}`,
    ]);
    expect(Object.fromEntries(promised)).toEqual({
      "P0-critical": "1s / 7d, followed",
      "P0-financial": "1s / 30d, followed",
      P1: "1s / 72h, followed",
      P2: "10s / 24h",
    });
  });

  it("are all of the inventory, as their tier says, and send as often as they say themselves", () => {
    expect(databases.length).toBe(entries.length);
    const expected = entries.map(({ name, tier, syncInterval = tiers[tier].syncInterval }) => {
      const { retention, followedByStandby } = tiers[tier];
      return { name, tier, syncInterval, retention, followedByStandby };
    });
    expect(databases).toMatchObject(expected);
  });

  it("include the one that the plan's sample left out", () => {
    expect(databases.map(({ name }) => name)).toContain("rag-cache");
  });
});

describe("ALAI's control plane", () => {
  it("keeps one replica in prod, and database backups for 14 days there and 7 in dev", () => {
    const { prod, dev } = inventory.environments.environments;
    expect(prod).toMatchObject({ registry: "Basic", replicas: { min: 1 }, postgres: { backupDays: 14 } });
    expect(prod?.postgres.geoRedundantBackup).toBe(true);
    expect(dev).toMatchObject({ registry: "Basic", postgres: { size: "b1ms", backupDays: 7 } });
  });
});

describe("ALAI's backup store", () => {
  const store = inventory.backup.stores.prod;

  it("is the account that exists, with its three containers", () => {
    expect(store?.adopt?.account).toBe("alaibackups0ebb");
    const existing = store?.containers.filter(({ exists }) => exists).map(({ name }) => name);
    expect(existing).toEqual(expect.arrayContaining(["system-db-backups", "system-git-bundles", "bitwarden-exports"]));
  });

  it("keeps mirrors 90 days, DNS exports 12 months, and never freezes what Litestream compacts", () => {
    const days = Object.fromEntries(store?.containers.map(({ name, retentionDays }) => [name, retentionDays]) ?? []);
    expect(days).toMatchObject({ "system-git-bundles": 90, "dns-exports": 365 });
    const litestream = store?.containers.filter(({ holds }) => holds === "litestream") ?? [];
    expect(litestream.filter((container) => "immutableDays" in container)).toEqual([]);
  });
});

describe("ALAI's tailnet", () => {
  it("has the primary and the standby at their addresses", () => {
    const { devices } = inventory.tailnet.tailnet;
    expect(devices.find(({ name }) => name === "anvil")?.address).toBe("100.103.49.98");
    expect(devices.find(({ name }) => name === "forge")?.address).toBe("100.104.164.86");
    const roles = Object.fromEntries(inventory.hosts.hosts.map(({ name, role }) => [name, role]));
    expect(roles).toMatchObject({ anvil: "primary", forge: "standby" });
  });

  it("grants each host port to tags and groups, never to everyone", () => {
    const toHosts = inventory.tailnet.tailnet.grants.filter(({ to }) => to.includes("tag:host"));
    expect(toHosts.length).toBeGreaterThan(0);
    expect(toHosts.flatMap(({ ports }) => ports).filter((port) => !/^tcp:\d+$/.test(port))).toEqual([]);
    const everyone = toHosts.flatMap(({ from }) => from).filter((who) => who.startsWith("autogroup:") || who === "*");
    expect(everyone).toEqual([]);
  });

  it("alerts after 2 failures and escalates after 5", () => {
    expect(inventory.heartbeat.heartbeat).toMatchObject({ alertAfter: 2, escalateAfter: 5, channel: "#ops" });
  });
});

it("loads in tens of milliseconds once the process is warm", () => {
  const times = Array.from({ length: 5 }, () => {
    const started = performance.now();
    loadAlaiInventory();
    return performance.now() - started;
  });
  // Ten times what it takes on an idle machine: tests share theirs.
  expect(Math.min(...times)).toBeLessThan(300);
});
