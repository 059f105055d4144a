import { describe, expect, it } from "vitest";
import { replicatedDatabases } from "../../components/host-replication/schema";
import { monitoredUrls } from "../../components/static-site/site-plan";
import { loadAlaiInventory } from "../../stacks/alai/inventory";

const inventory = loadAlaiInventory();
const { sites } = inventory.sites;

describe("ALAI's sites", () => {
  const domains = (state: string) => sites.filter((site) => site.state === state).map((site) => site.domain);

  it("are in the states of the hosting blueprint", () => {
    expect(domains("on-pages")).toEqual(["alai.no", "basicconsulting.no", "bilko.io"]);
    expect(domains("to-migrate")).toEqual(["getdrop.no", "kenyhot.pro", "merdzanovic.ba"]);
    expect(domains("paused")).toEqual(["basicfakta.no", "snowit.ba"]);
    expect(domains("elsewhere").sort()).toEqual([
      "app.getdrop.no",
      "bilko-api.alai.no",
      "bilko-demo.alai.no",
      "bilko-intesa-demo.alai.no",
      "boards.basicconsulting.no",
      "docs.alai.no",
      "sign.basicconsulting.no",
      "vault.basicconsulting.no",
    ]);
  });

  it("of clients are the last two to migrate", () => {
    const clients = sites.filter((site) => "owner" in site && site.owner === "client");
    expect(clients.map((site) => site.domain)).toEqual(["kenyhot.pro", "merdzanovic.ba"]);
  });

  it("have repositories named by the convention", () => {
    const names = sites.flatMap((site) => ("owner" in site ? [`${site.owner} ${site.repository}`] : []));
    expect(names.filter((name) => !/^(own alai|client client)-[a-z]+-web$/.test(name))).toEqual([]);
  });

  it("are all visited by the uptime check: the script's thirteen, bilko.io, and what else the inventory has", () => {
    const script = [
      "https://alai.no",
      "https://snowit.ba",
      "https://getdrop.no",
      "https://app.getdrop.no",
      "https://basicconsulting.no",
      "https://basicfakta.no",
      "https://bilko-demo.alai.no",
      "https://kenyhot.pro",
      "https://merdzanovic.ba",
      "https://docs.alai.no",
      "https://sign.basicconsulting.no",
      "https://boards.basicconsulting.no",
      "https://vault.basicconsulting.no",
    ];
    const others = ["https://bilko.io", "https://bilko-api.alai.no", "https://bilko-intesa-demo.alai.no"];
    expect([...monitoredUrls(sites)].sort()).toEqual([...script, ...others].sort());
  });

  it("switch Browser Integrity Check off for the names that programs call", () => {
    expect(inventory.zones.zones.flatMap((zone) => zone.browserIntegrityCheckOff)).toEqual([
      "ollama.basicconsulting.no",
      "lightrag.basicconsulting.no",
    ]);
  });
});

describe("ALAI's replicated databases", () => {
  const databases = replicatedDatabases(inventory.databases);
  const settings = (tier: string) => {
    const ofTier = databases.filter((database) => database.tier === tier);
    const distinct = new Set(ofTier.map(({ syncInterval, retention }) => `${syncInterval} / ${retention}`));
    return { count: ofTier.length, settings: [...distinct].sort() };
  };

  it("are 69 in four tiers", () => {
    expect(databases).toHaveLength(69);
    expect(settings("P0-critical")).toEqual({ count: 13, settings: ["1s / 7d"] });
    expect(settings("P0-financial")).toEqual({ count: 4, settings: ["1s / 30d"] });
    expect(settings("P1")).toEqual({ count: 42, settings: ["10s / 72h", "1s / 72h", "30s / 72h"] });
    expect(settings("P2")).toEqual({ count: 10, settings: ["10s / 24h"] });
  });

  it("include the one that the plan's sample left out", () => {
    expect(databases.map(({ name }) => name)).toContain("rag-cache");
  });

  it("have two slower ones in P1", () => {
    const slower = databases.filter(({ tier, syncInterval }) => tier === "P1" && syncInterval !== "1s");
    expect(slower.map(({ name, syncInterval }) => `${name} ${syncInterval}`)).toEqual([
      "flywheel 30s",
      "hivemind-archive 10s",
    ]);
  });

  it("are followed by the standby where they are P0 or P1", () => {
    expect(databases.filter(({ followedByStandby }) => followedByStandby)).toHaveLength(59);
    expect(databases.filter(({ tier, followedByStandby }) => tier === "P2" && followedByStandby)).toEqual([]);
  });
});

describe("ALAI's control plane", () => {
  it("has six apps of a quarter CPU, each with a tier", () => {
    const names = ["mc-api", "hivemind-api", "agent-runner", "skills-proxy", "auth-api", "secrets-proxy"];
    expect(inventory.services.services.map(({ name, cpu }) => `${name} ${cpu}`)).toEqual(names.map((n) => `${n} 0.25`));
  });

  it("keeps one replica in prod, and database backups for 14 days there and 7 in dev", () => {
    const { prod, dev } = inventory.environments.environments;
    expect(prod).toMatchObject({ registry: "Basic", replicas: { min: 1 }, postgres: { backupDays: 14 } });
    expect(prod?.postgres.geoRedundantBackup).toBe(true);
    expect(dev).toMatchObject({ registry: "Basic", postgres: { size: "b1ms", backupDays: 7 } });
    expect(prod?.postgres.databases).toEqual(["mission_control", "hivemind"]);
  });
});

describe("ALAI's backup store", () => {
  const store = inventory.backup.stores.prod;

  it("is the account that exists, with its three containers", () => {
    expect(store?.adopt?.account).toBe("alaibackups0ebb");
    const existing = store?.containers.filter(({ exists }) => exists).map(({ name }) => name);
    expect(existing).toEqual(["system-db-backups", "system-git-bundles", "bitwarden-exports"]);
  });

  it("keeps mirrors 90 days, DNS exports 12 months, and never freezes what Litestream compacts", () => {
    const days = Object.fromEntries(store?.containers.map(({ name, retentionDays }) => [name, retentionDays]) ?? []);
    expect(days).toMatchObject({ "system-git-bundles": 90, "dns-exports": 365 });
    const litestream = store?.containers.filter(({ holds }) => holds === "litestream") ?? [];
    expect(litestream.filter((container) => "immutableDays" in container)).toEqual([]);
  });
});

describe("ALAI's tailnet", () => {
  it("has the four devices, the primary and the standby at their addresses", () => {
    const { devices } = inventory.tailnet.tailnet;
    expect(devices.map(({ name }) => name)).toEqual(["anvil", "forge", "laptop", "phone"]);
    expect(devices.find(({ name }) => name === "anvil")?.address).toBe("100.103.49.98");
    expect(devices.find(({ name }) => name === "forge")?.address).toBe("100.104.164.86");
    const roles = Object.fromEntries(inventory.hosts.hosts.map(({ name, role }) => [name, role]));
    expect(roles).toMatchObject({ anvil: "primary", forge: "standby" });
  });

  it("grants each host port to tags and groups, never to everyone", () => {
    const toHosts = inventory.tailnet.tailnet.grants.filter(({ to }) => to.includes("tag:host"));
    expect(toHosts.flatMap(({ ports }) => ports).sort()).toEqual(["tcp:11434", "tcp:22", "tcp:8099", "tcp:8099"]);
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
