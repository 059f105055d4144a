import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HostFactsReader } from "../../../programs/host/agents/health/host-facts";
import { judgeHealth, statusOf } from "../../../programs/host/agents/health/judge-health";
import { disagreements } from "../../../programs/host/failover/show-status";
import { agentLabels, ago, HealthyHost, now, texts } from "./healthy-host";

let host: HealthyHost;

beforeEach(() => {
  host = new HealthyHost();
  // Empty directories are nothing.
  mkdirSync(join(host.root, "aside", "term-1"), { recursive: true });
});

afterEach(() => host.remove());

describe("a host's health", () => {
  it("is told by failover status, also before there is a lease", async () => {
    const problem = "com.alai.litestream replicates as before";
    host.role({ role: "undecided", term: 0, since: now(), problem });
    const seen = {
      lease: { kind: "missing" },
      name: { kind: "read", address: "100.64.0.1", ttlSeconds: 60 },
      at: new Date(),
      hosts: { forge: { kind: "answers", status: await host.status() } },
    } as const;
    expect(disagreements(host.settings(), seen)).toEqual([
      "the lease is missing",
      expect.stringMatching(/^forge: role undecided since .*: com\.alai\.litestream replicates as before$/),
    ]);
  });

  it("is ok when a primary's agents run, its term is confirmed and nothing waits", async () => {
    expect(await host.status()).toMatchObject({
      status: "ok",
      host: "forge",
      problems: [],
      role: { role: "primary", term: 3 },
    });
  });

  it.each([
    ["no role", () => rmSync(join(host.root, "state", "role.json")), "failing", /no role yet/],
    [
      "half a role file",
      () => writeFileSync(join(host.root, "state", "role.json"), '{"role":"pri'),
      "failing",
      /no role yet/,
    ],
    [
      "a promotion that goes on",
      () => host.role({ role: "promoting", term: 3, since: now() }),
      "failing",
      /role promoting/,
    ],
    [
      "what keeps it from a role",
      () =>
        host.role({ role: "undecided", term: 0, since: now(), problem: "com.alai.litestream replicates as before" }),
      "failing",
      /role undecided since .*: com\.alai\.litestream replicates as before/,
    ],
    [
      "what ran before, beside ours",
      () => host.runningAgents(agentLabels, ["gui/com.alai.litestream", "gui/com.example.other"]),
      "failing",
      /^failing: com\.alai\.litestream runs beside ours.*launchctl bootout gui\/\d+\/com\.alai\.litestream, and take its property list away/,
    ],
    [
      "what ran before, in a background session",
      () => host.runningAgents(agentLabels, ["user/com.alai.litestream"]),
      "failing",
      /^failing: com\.alai\.litestream runs beside ours.*launchctl bootout user\/\d+\/com\.alai\.litestream,/,
    ],
    [
      "a store that is silent",
      () => host.role({ role: "primary", term: 3, since: now(), confirmedAt: ago(60) }),
      "degraded",
      /last confirmed 60 s ago/,
    ],
    ["a dead lease agent", () => host.runningAgents(agentLabels.slice(1)), "failing", /no\.alai\.lease does not run/],
    [
      "a primary whose program is down",
      () => host.runningAgents(agentLabels.slice(0, -1)),
      "failing",
      /orchestrator does not run/,
    ],
    [
      "a primary that does not replicate",
      () => host.runningAgents(agentLabels.filter((name) => !name.startsWith("rep"))),
      "failing",
      /replicate-p0-critical does not run/,
    ],
    ["a launchd that is silent", () => rmSync(host.launchctl), "degraded", /launchd does not say/],
    [
      "no inference",
      () => host.state("inference-health.json", { anvil: { healthy: false }, forge: { healthy: false } }),
      "degraded",
      /no inference server/,
    ],
    [
      "a database that the promotion could not recover",
      () =>
        host.state("promotion.json", {
          term: 3,
          done: true,
          at: now(),
          databases: { tasks: { from: "failed" }, costs: { from: "restored", lost: 0 } },
        }),
      "degraded",
      /could not recover: tasks$/,
    ],
    [
      "writes that were set aside",
      () => aside("some"),
      "degraded",
      /deposed primary wait to be looked at \(2\.5 MB, since 2026-11-01\): aside\/term-2$/,
    ],
    [
      "what was set aside without a report",
      () => writeFileSync(join(host.root, "aside", "term-1", "tasks.db"), ""),
      "degraded",
      /aside\/term-1$/,
    ],
    ["replicas that nobody took over", () => unclaimed(3), "degraded", /nobody took over whole: litestream\/a\/tasks$/],
  ] as const)("notices %s", async (_name, change, level, text) => {
    change();
    const found = await host.status();
    expect(found.status).toBe(level);
    expect(texts(found).join("\n")).toMatch(text);
  });

  it("does not mind what was set aside and is nobody's loss, nor a standby's idle programs", async () => {
    aside("none");
    unclaimed(2);
    expect(texts(await host.status())).toEqual([]);
    unclaimed(3);
    host.role({ role: "standby", term: 3, since: now(), confirmedAt: now() });
    followers("following", 1);
    host.runningAgents(agentLabels.slice(0, -1));
    expect(texts(await host.status())).toEqual([]);
  });

  it.each([
    ["is ok", "following", 1, 0, "ok"],
    ["is 2 minutes behind", "following", 120, 0, "degraded"],
    ["is 6 minutes behind", "following", 360, 0, "failing"],
    ["is stalled", "stalled", 10, 0, "degraded"],
    ["was last heard of 6 minutes ago", "following", 1, 360, "failing"],
  ] as const)("of a standby whose follower %s", async (_name, follower, lag, age, expected) => {
    host.role({ role: "standby", term: 3, since: now(), confirmedAt: now() });
    followers(follower, lag, age);
    expect((await host.status()).status).toBe(expected);
  });
});

it("a standby whose followers have said nothing in its term follows nothing that is known", async () => {
  host.role({ role: "standby", term: 4, since: now(), confirmedAt: now() });
  followers("following", 1);
  expect((await host.status()).databases).toMatchObject([{ name: "tasks", state: "unknown" }]);
  host.role({ role: "standby", term: 3, since: now(), confirmedAt: now() });
  expect((await host.status()).databases).toMatchObject([{ name: "tasks", state: "following" }]);
});

function aside(unsent: string): void {
  const directory = join(host.root, "aside", "term-2");
  mkdirSync(directory);
  writeFileSync(join(directory, "tasks.db"), Buffer.alloc(2_500_000));
  const report = { at: "2026-11-01T11:04:05.000Z", databases: { tasks: { unsent } } };
  writeFileSync(join(directory, "report.json"), JSON.stringify(report));
}

/** As the tidy agent found them, when this host was the primary of a term. */
function unclaimed(term: number): void {
  const replicas = [{ path: "litestream/a", database: "tasks", why: "x" }];
  host.state("tidy.json", { at: now(), done: true, asideSeen: {}, unclaimed: { term, replicas } });
}

function followers(follower: string, lagSeconds: number, age = 0): void {
  const databases = { tasks: { state: follower, txid: "0000000000000009", lagSeconds } };
  host.state("followers.json", { term: 3, path: "p", at: ago(age), databases });
}

describe("a disk", () => {
  const mebibyte = 1024 * 1024;
  it.each([
    ["is large and has room", 100_000, 1_000_000, "ok"],
    ["is large and nearly full", 10_000, 1_000_000, "degraded"],
    ["is large and full", 200, 1_000_000, "failing"],
    ["is small and has room", 40, 64, "ok"],
    ["is small and full", 1, 64, "failing"],
  ] as const)("that %s", async (_name, free, total, expected) => {
    const facts = await new HostFactsReader(host.settings()).read();
    const disk = { path: host.root, freeBytes: free * mebibyte, totalBytes: total * mebibyte };
    expect(statusOf(judgeHealth({ ...facts, disk }, host.settings(), new Date()))).toBe(expected);
  });

  it("is measured where the host writes, the fullest counts", async () => {
    mkdirSync(join(host.root, "following"));
    const { disk } = await host.status();
    expect([host.root, join(host.root, "databases"), join(host.root, "following")]).toContain(disk?.path);
    expect(disk?.totalBytes).toBeGreaterThan(disk?.freeBytes ?? 0);
  });
});
