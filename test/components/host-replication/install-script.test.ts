import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InstalledHost } from "./installed-host";
import { inventory } from "./sample-pair";

let host: InstalledHost;
beforeEach(() => {
  host = new InstalledHost();
});
afterEach(() => host.remove());

const mode = (path: string) => (statSync(join(host.home, path)).mode & 0o777).toString(8);

describe("install.sh", () => {
  it("writes every file, and loads every agent once", async () => {
    const content = await host.receive();
    const { status, output } = host.install(content);
    expect([status, output]).toEqual([0, expect.stringContaining(`forge: package ${content.id} installed`)]);
    for (const [path, text] of content.files) {
      if (path.startsWith("files/")) expect(host.read(`system/${path.slice(6)}`)).toBe(text);
    }
    expect(host.loaded()).toHaveLength(10);
    expect(readdirSync(host.agents).sort()).toEqual(host.loaded().map((label) => `${label}.plist`));
    expect([mode("system/etc/host.json"), mode("system/bin/failover"), mode("system/databases")]).toEqual([
      "600",
      "700",
      "700",
    ]);
    expect(output).toContain("has no secrets yet");
  });

  it("changes nothing the second time, and loads again what is gone", async () => {
    const content = await host.receive();
    host.install(content);
    host.calls();
    expect(host.install(content).output).toContain("0 files written, 0 agents started");
    expect(host.calls()).toEqual([]);
    host.lose("no.alai.health");
    host.install(content);
    expect(host.calls()).toEqual(["bootstrap no.alai.health"]);
  });

  it("starts again only the agents that a change concerns, and clears up former packages", async () => {
    host.install(await host.receive());
    host.calls();
    const more = {
      ...inventory.databases,
      databases: [...inventory.databases.databases, { name: "new", tier: "P2" as const }],
    };
    const content = await host.receive(undefined, more);
    expect(host.install(content).status).toBe(0);
    const started = host.calls().filter((call) => call.startsWith("bootstrap"));
    expect(started.map((call) => call.split(".").at(-1)).sort()).toEqual([
      "follow",
      "health",
      "lease",
      "replicate-p2",
      "tidy",
    ]);
    expect(readdirSync(join(host.root, "incoming"))).toEqual([`forge-${content.id}`]);
  });

  it("takes away what a former package had, and its agents", async () => {
    host.install(await host.receive());
    const fewer = {
      ...inventory.databases,
      databases: inventory.databases.databases.filter(({ tier }) => tier !== "P2"),
    };
    expect(host.install(await host.receive(undefined, fewer)).status).toBe(0);
    expect(host.loaded()).not.toContain("no.alai.replicate-p2");
    expect(existsSync(join(host.agents, "no.alai.replicate-p2.plist"))).toBe(false);
    expect(existsSync(join(host.root, "etc", "litestream-p2.yml"))).toBe(false);
  });

  it("touches neither secrets nor state nor databases", async () => {
    const kept = { "etc/secrets.env": "A=1\n", "state/role.json": "{}", "databases/tasks.db": "rows" };
    for (const [path, text] of Object.entries(kept)) host.write(`system/${path}`, text);
    host.install(await host.receive());
    for (const [path, text] of Object.entries(kept)) expect(host.read(`system/${path}`)).toBe(text);
  });

  it("installs nothing of a package that was damaged on its way", async () => {
    const content = await host.receive();
    host.write(`system/incoming/forge-${content.id}/files/lib/host.mjs`, "half of i");
    const { status, output } = host.install(content);
    expect([status, output]).toEqual([1, expect.stringContaining("damaged on its way")]);
    expect(existsSync(join(host.root, "lib", "host.mjs"))).toBe(false);
    expect(host.loaded()).toEqual([]);
  });

  it("waits for an unloading that takes its time", async () => {
    host.launchctlIs("late");
    expect(host.install(await host.receive()).status).toBe(0);
    expect(host.loaded()).toHaveLength(10);
  });

  it("says what launchd refuses, and does the rest next time", async () => {
    const content = await host.receive();
    host.launchctlIs("refuses");
    const { status, output } = host.install(content, 1);
    expect([status, output]).toEqual([
      1,
      expect.stringContaining("no.alai.lease is not loaded: Bootstrap failed: 125"),
    ]);
    expect(output).toContain("10 agents were not loaded");
    host.launchctlIs("works");
    expect(host.install(content).output).toContain("0 files written, 10 agents started");
  }, 20_000);

  it("refuses to run twice at once, and goes on after one that was killed", async () => {
    const content = await host.receive();
    host.write("system/.installing/pid", `${process.pid}\n`);
    expect(host.install(content).output).toContain("another installation runs");
    host.write("system/.installing/pid", "999999999\n");
    expect(host.install(content).status).toBe(0);
  });

  it("says which program is missing", async () => {
    const content = await host.receive();
    const script = `system/incoming/forge-${content.id}/install.sh`;
    host.write(script, host.read(script).replace(/^LITESTREAM=.*$/m, "LITESTREAM=/nowhere/litestream"));
    expect(host.install(content)).toEqual({
      status: 1,
      output: "error: there is no program /nowhere/litestream; install it, or set programs in hosts.yaml\n",
    });
  });
});

describe("uninstall", () => {
  it("removes the agents and keeps the data", async () => {
    const { id } = await host.receive();
    host.install(await host.receive());
    host.write("system/databases/tasks.db", "rows");
    expect(host.run(join(host.root, "bin", "uninstall"), [id]).status).toBe(0);
    expect([host.loaded(), readdirSync(host.agents)]).toEqual([[], []]);
    expect(host.read("system/databases/tasks.db")).toBe("rows");
  });

  it("says how what ran before is loaded again, where it was replaced", async () => {
    const label = "com.alai.litestream-restore";
    host.install(await host.receive());
    host.write(`system/replaced/${label}.plist`, "a list");
    host.write("system/state/predecessors.json", "{}");
    host.write("system/databases/.tasks.db-litestream/ltx", "numbers of ours");
    host.write("system/databases/tasks.db", "rows");
    const { output } = host.run(join(host.root, "bin", "uninstall"));
    const [, line = ""] = /to load it again:\n +(.*)\n/.exec(output) ?? [];
    host.write("again.sh", line);
    expect(host.run(join(host.home, "again.sh")).status).toBe(0);
    expect([host.loaded(), readdirSync(host.agents)]).toEqual([[label], [`${label}.plist`]]);
    expect(readdirSync(join(host.root, "databases"))).toEqual(["tasks.db"]);
    // Otherwise the next installation would let ours take over again, unasked.
    expect(existsSync(join(host.root, "state", "predecessors.json"))).toBe(false);
    host.install(await host.receive());
    expect(host.run(join(host.root, "bin", "uninstall")).output).not.toContain("to load it again");
  });

  it("leaves alone what is not its own package", async () => {
    host.install(await host.receive());
    const { output } = host.run(join(host.root, "bin", "uninstall"), ["0123456789abcdef"]);
    expect(output).toContain("nothing is removed");
    expect(host.loaded()).toHaveLength(10);
  });
});
