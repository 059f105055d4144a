import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { HostPackage } from "../../../components/host-replication/host-package";
import { snapshotSeconds } from "../../../components/host-replication/litestream-configuration";
import { replicationPolicies } from "../../../components/host-replication/replication-policy";
import { parseAgentDefinition } from "../../../operations/drill/launchd/running-agent";
import { executableOnPath } from "../../../operations/programs/external-program";
import { expectedLabels } from "../../../programs/host/agents/health/host-facts";
import { parseTierRouting, redirectsFor } from "../../../programs/host/agents/inference/inference-agent";
import { type HostSettings, readSettings } from "../../../programs/host/host-settings";
import { realPrograms } from "../../real-programs";
import { fileOf, inventory, samplePackages, samplePair } from "./sample-pair";

const directory = mkdtempSync(join(tmpdir(), "host-files-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

type Packages = ReadonlyMap<string, HostPackage>;
let packages: Packages;
beforeAll(async () => {
  packages = await samplePackages(samplePair());
});

const hosts = ["anvil", "forge"];
const policies = ["p0-critical", "p0-financial", "p1", "p2"];

interface LitestreamFile {
  readonly snapshot: { readonly interval: string; readonly retention: string };
  readonly dbs: readonly { readonly path: string; readonly replica: Readonly<Record<string, string>> }[];
}

const litestreamFile = (host: string, policy: string): LitestreamFile =>
  parse(fileOf(packages, host, `files/etc/litestream-${policy}.yml`));

/** Read by the program that runs on the hosts. */
function settingsOf(all: Packages, host: string, path = "etc/host.json"): HostSettings {
  const file = join(directory, `${host}.json`);
  writeFileSync(file, fileOf(all, host, `files/${path}`));
  return readSettings(file);
}

describe("Litestream's files", () => {
  it.each(hosts)("are one for each retention, with the 69 databases, on %s", (host) => {
    const files = policies.map((policy) => litestreamFile(host, policy));
    expect(files.map(({ snapshot }) => snapshot.retention)).toEqual(["168h", "720h", "72h", "24h"]);
    expect(files.map(({ dbs }) => dbs.length)).toEqual([13, 4, 42, 10]);
    expect(new Set(files.flatMap(({ dbs }) => dbs.map(({ path }) => path))).size).toBe(69);
  });

  it("write below the term's path and nowhere else", () => {
    const replicas = policies.flatMap((policy) => litestreamFile("anvil", policy).dbs.map(({ replica }) => replica));
    expect(replicas.filter(({ path }) => !/^\$\{REPLICA_PATH\}\/[a-z0-9-]+$/.test(path ?? ""))).toEqual([]);
    expect(new Set(replicas.map(({ path }) => path)).size).toBe(69);
  });

  it("keep the intervals of the inventory", () => {
    const intervals = new Map(
      litestreamFile("anvil", "p1").dbs.map(({ path, replica }) => [path.split("/").at(-1), replica["sync-interval"]]),
    );
    expect([intervals.get("goals.db"), intervals.get("flywheel.db"), intervals.get("hivemind-archive.db")]).toEqual([
      "1s",
      "30s",
      "10s",
    ]);
  });

  it("always keep several snapshots within the retention", () => {
    const files = policies.map((policy) => litestreamFile("anvil", policy));
    expect(files.map(({ snapshot }) => snapshot.interval)).toEqual(["1h", "1h", "1h", "6h"]);
    const [policy] = replicationPolicies(samplePair().databases);
    if (policy === undefined) throw new Error("no policy");
    const intervalOf = (hours: number, syncInterval: string) =>
      snapshotSeconds({
        ...policy,
        retentionSeconds: hours * 3600,
        databases: policy.databases.map((database) => ({ ...database, syncInterval })),
      }) / 3600;
    for (const hours of [24, 72, 168, 720]) expect(hours / intervalOf(hours, "30s")).toBeGreaterThan(3);
    expect([intervalOf(720, "1s"), intervalOf(720, "5s"), intervalOf(720, "1m"), intervalOf(2, "1m")]).toEqual([
      1, 5, 24, 1,
    ]);
  });

  const { litestream } = realPrograms;
  it.skipIf(litestream === undefined)("are read by Litestream itself (needs litestream)", () => {
    for (const policy of policies) {
      const file = join(directory, `${policy}.yml`);
      writeFileSync(file, fileOf(packages, "forge", `files/etc/litestream-${policy}.yml`));
      const listed = execFileSync(litestream ?? "", ["databases", "-config", file], {
        env: { REPLICA_PATH: "litestream/term-1" },
        encoding: "utf8",
      });
      const rows = listed.trim().split("\n").slice(1);
      expect(rows.map((row) => row.split(/\s+/))).toEqual(
        litestreamFile("forge", policy).dbs.map(({ path }) => [path, "abs"]),
      );
    }
  });

  it("are refused where a path would be expanded", async () => {
    await expect(samplePackages(samplePair({ hosts: { anvil: { home: "/Users/$HOME" } } }))).rejects.toThrow(
      'host "anvil": its home directory "/Users/$HOME" must not contain $',
    );
  });
});

describe("a host's settings", () => {
  it("are read by the program, and say that 59 of 69 databases are followed", () => {
    const { replication, host } = settingsOf(packages, "forge");
    const databases = replication.flatMap((process) => process.databases);
    expect(host).toBe("forge");
    expect([databases.length, databases.filter(({ followedByStandby }) => followedByStandby).length]).toEqual([69, 59]);
  });

  it("say how long what failovers leave behind is kept", () => {
    const { leftovers, replication } = settingsOf(packages, "anvil");
    const days = replication.map(({ policy, retentionSeconds = 0 }) => [policy, retentionSeconds / 86_400]);
    expect([leftovers, Object.fromEntries(days)]).toEqual([
      { asideDays: 14 },
      { "p0-critical": 7, "p0-financial": 30, p1: 3, p2: 1 },
    ]);
  });

  it("are the same for both hosts, but for their own name and what ran there before", () => {
    const { host: anvil, predecessors: before, ...primary } = settingsOf(packages, "anvil");
    const { host: forge, predecessors: beforeThere, ...standby } = settingsOf(packages, "forge");
    expect([anvil, before]).toEqual(["anvil", [{ label: "com.alai.litestream", does: "replicate" }]]);
    expect([forge, beforeThere]).toEqual(["forge", [{ label: "com.alai.litestream-restore", does: "follow" }]]);
    expect(packages.get("anvil")?.listing).toMatch(/^predecessor com\.alai\.litestream · goes on until/m);
    expect({ ...standby, inference: undefined }).toEqual({ ...primary, inference: undefined });
  });

  it("are there for a laptop too, with all that orders a failover", () => {
    const { host, hosts: pair } = settingsOf(packages, "forge", "kits/laptop/etc/host.json");
    expect([host, pair.map(({ name }) => name)]).toEqual(["laptop", hosts]);
    expect(fileOf(packages, "forge", "files/kits/laptop/bin/failover")).toContain("host.mjs");
  });

  it("name a socket that is not too long to be one", () => {
    for (const { controlSocket = "" } of settingsOf(packages, "anvil").replication) {
      expect(controlSocket.length).toBeLessThanOrEqual(100);
    }
  });

  it("follow the places that the configuration gives", async () => {
    const places = {
      hosts: {
        forge: { home: "/drill/forge", address: "127.0.0.1", healthPort: 9102, inferenceUrl: "http://127.0.0.1:9202" },
      },
      store: { account: "devstoreaccount1", endpoint: "http://127.0.0.1:10000/devstoreaccount1" },
      programs: { litestream: "/opt/litestream" },
      timing: { leaseSeconds: 1 },
    };
    const settings = settingsOf(await samplePackages(samplePair(places)), "forge");
    expect(settings).toMatchObject({
      root: "/drill/forge/system",
      agentsDirectory: "/drill/forge/Library/LaunchAgents",
      health: { port: 9102 },
      store: places.store,
      programs: { litestream: "/opt/litestream", sqlite3: "/usr/bin/sqlite3" },
      timing: { leaseSeconds: 1, stalledSeconds: 60 },
    });
    expect(settings.hosts.map(({ healthUrl }) => healthUrl)).toEqual([
      "http://100.103.49.98:8099/health",
      "http://127.0.0.1:9102/health",
    ]);
  });

  it("are refused with every mistake in the places", () => {
    const wrong = JSON.parse('{"hosts":{"forg":{"home":"/x"}}}');
    expect(() => samplePair(wrong)).toThrow(
      "hosts.forg: no such host in hosts.yaml; it has anvil, forge, laptop, phone",
    );
    const twice = JSON.parse('{"hosts":{"forge":{"home":"x"}},"stor":1}');
    expect(() => samplePair(twice)).toThrow(/hosts\.forge\.home: expected an absolute path\n.*stor/);
  });
});

describe("property lists", () => {
  it("are one for each agent, the same on both hosts", async () => {
    for (const host of hosts) {
      const paths = [...(packages.get(host)?.files.keys() ?? [])].filter((path) => path.startsWith("agents/"));
      const agents = await Promise.all(paths.map((path) => parseAgentDefinition(fileOf(packages, host, path), path)));
      const own = expectedLabels(settingsOf(packages, host)).filter((label) => label !== "no.alai.orchestrator");
      expect(agents.map(({ Label }) => Label)).toEqual(own);
      expect(paths).toEqual(agents.map(({ Label }) => `agents/${Label}.plist`));
    }
  });

  it("keep the agent running, with absolute paths and no other environment than the search path", async () => {
    const text = fileOf(packages, "anvil", "agents/no.alai.replicate-p1.plist");
    const agent = await parseAgentDefinition(text, "replicate-p1");
    const root = "/Users/operator/system";
    expect(agent).toMatchObject({
      ProgramArguments: [
        "/opt/homebrew/bin/node",
        `${root}/lib/host.mjs`,
        ...["agent", "replicate", "p1", "--settings", `${root}/etc/host.json`],
      ],
      KeepAlive: true,
      RunAtLoad: true,
      StandardErrorPath: `${root}/logs/replicate-p1.error.log`,
    });
    expect(Object.keys(agent.EnvironmentVariables ?? {})).toEqual(["PATH", "HOST_CONFIGURATION"]);
    // Litestream may take 30 seconds to send what it has.
    expect(agent.ExitTimeOut).toBeGreaterThan(30);
  });

  it("are linted clean by plutil where it is", () => {
    const plutil = executableOnPath("plutil");
    if (plutil === undefined) return;
    for (const [path, text] of packages.get("anvil")?.files ?? []) {
      if (path.startsWith("agents/")) execFileSync(plutil, ["-lint", "-"], { input: text });
    }
  });
});

describe("inference routing", () => {
  it("reaches the own server by loopback, the other by cable, and neither by 0.0.0.0", () => {
    const urls = (host: string) => settingsOf(packages, host).inference.servers.map(({ url }) => url);
    expect(urls("anvil")).toEqual(["http://127.0.0.1:11434", "http://10.0.0.2:11434"]);
    expect(urls("forge")).toEqual(["http://10.0.0.1:11434", "http://127.0.0.1:11434"]);
    const everything = [...packages.values()].flatMap(({ files }) => [...files.values()]).join("\n");
    expect(everything).not.toContain("0.0.0.0");
  });

  it("says what replaces what, as the monitor reads it", () => {
    const text = fileOf(packages, "forge", "files/etc/tier-routing.json");
    const routing = parseTierRouting(JSON.parse(text));
    if ("problem" in routing) throw new Error(String(routing.problem));
    const last_check = "2026-04-20T20:00:00Z";
    const down = (host: string) =>
      Object.fromEntries(hosts.map((name) => [name, { healthy: name !== host, last_check }]));
    expect(redirectsFor(routing, down("anvil"))).toMatchObject([{ from: "anvil", to: "forge" }]);
    expect(redirectsFor(routing, down("forge"))).toMatchObject([{ from: "forge", to: "claude" }]);
    expect(JSON.parse(text).failoverRules).toMatchObject({
      "anvil-down": {
        redirect_anvil_tiers: ["1", "2", "2t", "2cHQ"],
        to_forge_models: { "llama3.1:8b": "llama3.1:8b" },
      },
      "forge-down": { redirect_forge_tiers: ["2c", "2cf", "2d", "3", "3s", "3r"], to_claude: true },
    });
  });
});

describe("what changes with what", () => {
  const changedPaths = (before: Packages, after: Packages, host: string): string[] =>
    [...(after.get(host)?.files ?? [])]
      .filter(([path, text]) => before.get(host)?.files.get(path) !== text)
      .map(([path]) => path);
  const ownName = ["files/bin/uninstall", "manifest.sha256", "install.sh"];

  it("nothing, without a change", async () => {
    expect(await samplePackages(samplePair())).toEqual(packages);
  });

  it("one more database: its policy's file, and the agents that read it", async () => {
    const databases = {
      ...inventory.databases,
      databases: [...inventory.databases.databases, { name: "new-cache", tier: "P2" as const }],
    };
    const changed = changedPaths(packages, await samplePackages(samplePair({}, databases)), "anvil");
    expect(changed.filter((path) => /litestream|replicate/.test(path))).toEqual([
      "files/etc/litestream-p2.yml",
      "agents/no.alai.replicate-p2.plist",
    ]);
    expect(changed).not.toContain("agents/no.alai.inference.plist");
  });

  it("another program: every agent, and no configuration", async () => {
    const { text, sha256 } = { text: "console.log('another')\n", sha256: "1".repeat(64) };
    const changed = changedPaths(packages, await samplePackages(samplePair(), { text, sha256 }), "forge");
    const agents = changed.filter((path) => path.startsWith("agents/"));
    expect(agents).toHaveLength(10);
    expect(changed.filter((path) => !agents.includes(path)).sort()).toEqual(["files/lib/host.mjs", ...ownName].sort());
  });
});

describe("scripts", () => {
  const shellcheck = executableOnPath("shellcheck");
  const scripts = ["install.sh", "files/bin/uninstall", "files/bin/failover", "files/bin/bootstrap-secrets"];

  it.skipIf(shellcheck === undefined)("pass shellcheck (needs shellcheck)", () => {
    const files = scripts.map((path) => {
      const file = join(directory, path.replaceAll("/", "-"));
      writeFileSync(file, fileOf(packages, "anvil", path));
      return file;
    });
    execFileSync(shellcheck ?? "", ["--severity=style", ...files], { encoding: "utf8" });
  });

  it.each(scripts)("%s is understood by a POSIX shell", (path) => {
    execFileSync("sh", ["-n"], { input: fileOf(packages, "forge", path) });
  });
});
