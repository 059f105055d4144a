import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { boundAddresses, healthAgent, statusNow } from "../../../components/host-runtime/agents/health/health-agent";
import { HostFactsReader } from "../../../components/host-runtime/agents/health/host-facts";
import type { HostStatus } from "../../../components/host-runtime/agents/health/host-status";
import { judgeHealth, statusOf } from "../../../components/host-runtime/agents/health/judge-health";
import type { RoleFile } from "../../../components/host-runtime/lease/lease";
import { pairSettings } from "./pair-settings";

const labels = ["lease", "replicate-p0-critical", "follow", "health", "inference", "rotate-logs", "orchestrator"];

let root: string;
let launchctl: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "r2-health-"));
  for (const directory of ["state", "databases", "etc"]) mkdirSync(join(root, directory));
  launchctl = join(root, "launchctl");
  runningAgents(labels);
  role({ role: "primary", term: 3, since: now(), confirmedAt: now() });
  state("inference-health.json", { anvil: { healthy: true }, forge: { healthy: true } });
  state("inference-routing.json", { checkedAt: now(), term: 3, redirects: [], problems: [] });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const now = (): string => new Date().toISOString();
const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

function state(name: string, document: object): void {
  writeFileSync(join(root, "state", name), JSON.stringify(document));
}

function role(file: RoleFile): void {
  state("role.json", file);
}

/** What `launchctl list` prints: process id, last exit status, label. */
function runningAgents(running: readonly string[]): void {
  const rows = labels.map((name, index) => `${running.includes(name) ? 500 + index : "-"}\t0\tno.alai.${name}`);
  writeFileSync(
    launchctl,
    `#!/bin/sh\nprintf '%s\\n' 'PID\tStatus\tLabel' ${rows.map((row) => `'${row}'`).join(" ")}\n`,
    { mode: 0o755 },
  );
}

function settings(port = 8099) {
  const base = pairSettings({ root, host: "forge", health: { port } });
  return { ...base, programs: { ...base.programs, launchctl } };
}

function status(): Promise<HostStatus> {
  return statusNow(new HostFactsReader(settings()), settings());
}

const texts = ({ problems }: HostStatus): string[] => problems.map(({ level, text }) => `${level}: ${text}`);

describe("a host's health", () => {
  it("is ok when a primary's agents run, its term is confirmed and nothing waits", async () => {
    expect(await status()).toMatchObject({
      status: "ok",
      host: "forge",
      problems: [],
      role: { role: "primary", term: 3 },
    });
  });

  it.each([
    ["no role", () => rmSync(join(root, "state", "role.json")), "failing", /no role yet/],
    [
      "half a role file",
      () => writeFileSync(join(root, "state", "role.json"), '{"role":"pri'),
      "failing",
      /no role yet/,
    ],
    ["a promotion that goes on", () => role({ role: "promoting", term: 3, since: now() }), "failing", /role promoting/],
    [
      "a store that is silent",
      () => role({ role: "primary", term: 3, since: now(), confirmedAt: ago(60) }),
      "degraded",
      /last confirmed 60 s ago/,
    ],
    ["a dead lease agent", () => runningAgents(labels.slice(1)), "failing", /no\.alai\.lease does not run/],
    [
      "a primary whose program is down",
      () => runningAgents(labels.slice(0, -1)),
      "failing",
      /orchestrator does not run/,
    ],
    [
      "a primary that does not replicate",
      () => runningAgents(labels.filter((name) => !name.startsWith("rep"))),
      "failing",
      /replicate-p0-critical does not run/,
    ],
    ["a launchd that is silent", () => rmSync(launchctl), "degraded", /launchd does not say/],
    [
      "no inference",
      () => state("inference-health.json", { anvil: { healthy: false }, forge: { healthy: false } }),
      "degraded",
      /no inference server/,
    ],
    [
      "a database that the promotion could not recover",
      () =>
        state("promotion.json", {
          term: 3,
          done: true,
          at: now(),
          databases: { tasks: { from: "failed" }, costs: { from: "restored", lost: 0 } },
        }),
      "degraded",
      /could not recover: tasks$/,
    ],
    ["writes that were set aside", () => aside("some"), "degraded", /deposed primary/],
  ] as const)("notices %s", async (_name, change, level, text) => {
    change();
    const found = await status();
    expect(found.status).toBe(level);
    expect(texts(found).join("\n")).toMatch(text);
  });

  it("does not mind what was set aside and is nobody's loss, nor a standby's idle programs", async () => {
    aside("none");
    role({ role: "standby", term: 3, since: now(), confirmedAt: now() });
    followers("following", 1);
    runningAgents(labels.slice(0, -1));
    expect(texts(await status())).toEqual([]);
  });

  it.each([
    ["is ok", "following", 1, 0, "ok"],
    ["is 2 minutes behind", "following", 120, 0, "degraded"],
    ["is 6 minutes behind", "following", 360, 0, "failing"],
    ["is stalled", "stalled", 10, 0, "degraded"],
    ["was last heard of 6 minutes ago", "following", 1, 360, "failing"],
  ] as const)("of a standby whose follower %s", async (_name, follower, lag, age, expected) => {
    role({ role: "standby", term: 3, since: now(), confirmedAt: now() });
    followers(follower, lag, age);
    expect((await status()).status).toBe(expected);
  });
});

function aside(unsent: string): void {
  mkdirSync(join(root, "aside", "term-2"), { recursive: true });
  writeFileSync(join(root, "aside", "term-2", "report.json"), JSON.stringify({ databases: { tasks: { unsent } } }));
}

function followers(follower: string, lagSeconds: number, age = 0): void {
  const databases = { tasks: { state: follower, txid: "0000000000000009", lagSeconds } };
  state("followers.json", { term: 3, path: "p", at: ago(age), databases });
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
    const facts = await new HostFactsReader(settings()).read();
    const disk = { path: root, freeBytes: free * mebibyte, totalBytes: total * mebibyte };
    expect(statusOf(judgeHealth({ ...facts, disk }, settings(), new Date()))).toBe(expected);
  });

  it("is measured where the host writes, the fullest counts", async () => {
    mkdirSync(join(root, "following"));
    const { disk } = await status();
    expect([root, join(root, "databases"), join(root, "following")]).toContain(disk?.path);
    expect(disk?.totalBytes).toBeGreaterThan(disk?.freeBytes ?? 0);
  });
});

describe("replication's lag on a primary", () => {
  let socket: Server;
  let lastSync: string | undefined;
  const database = (): string => join(root, "databases", "tasks.db");

  beforeEach(async () => {
    socket = createServer((_, response) => {
      response.end(
        JSON.stringify({ databases: [{ path: database(), status: "replicating", last_sync_at: lastSync }] }),
      );
    });
    await new Promise<void>((resolve) => socket.listen(join(root, "state", "p0.sock"), resolve));
    writeFileSync(database(), "x");
  });

  afterEach(() => new Promise((resolve) => socket.close(resolve)));

  function written(secondsAgo: number): void {
    writeFileSync(`${database()}-wal`, "frames");
    const time = new Date(Date.now() - secondsAgo * 1000);
    utimesSync(`${database()}-wal`, time, time);
  }

  it("is nothing for a database that has been quiet since it was sent", async () => {
    written(3600);
    lastSync = ago(3000);
    expect((await status()).databases).toEqual([
      { name: "tasks", tier: "P0-critical", state: "replicating", lagSeconds: 0 },
    ]);
  });

  it("grows from when something was written that is not sent, and ends when it is", async () => {
    const reader = new HostFactsReader(settings());
    written(0);
    lastSync = ago(3000);
    const start = Date.now();
    await statusNow(reader, settings(), new Date(start));
    const later = await statusNow(reader, settings(), new Date(start + 400_000));
    expect(later.databases[0]?.lagSeconds).toBeCloseTo(400, 0);
    expect(texts(later).join()).toMatch(/failing: tasks: the store is 400 s behind/);
    lastSync = new Date(Date.now() + 1000).toISOString();
    expect((await statusNow(reader, settings())).databases[0]?.lagSeconds).toBe(0);
  });

  it("is not known while Litestream does not answer, and counts", async () => {
    await new Promise((resolve) => socket.close(resolve));
    written(0);
    const reader = new HostFactsReader(settings());
    const start = Date.now();
    await statusNow(reader, settings(), new Date(start));
    const later = await statusNow(reader, settings(), new Date(start + 100_000));
    expect(later.databases[0]).toMatchObject({ state: "unknown", lagSeconds: 100 });
    expect(later.status).toBe("degraded");
  });
});

describe("the health endpoint", () => {
  const port = 20_000 + (process.pid % 20_000);
  const stopping = new AbortController();

  function get(
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ code: number; body: Record<string, unknown> }> {
    return new Promise((resolve, reject) => {
      const asked = request({ host: "127.0.0.1", port, path, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => resolve({ code: response.statusCode ?? 0, body: JSON.parse(text) }));
      });
      asked.on("error", reject).end();
    });
  }

  it("says who and when to anybody, everything to the tailnet, and binds to nothing else", async () => {
    const said: string[] = [];
    const running = healthAgent({
      settings: settings(port),
      words: [],
      signal: stopping.signal,
      say: (line) => said.push(line),
    });
    await expect.poll(() => said.join("\n")).toMatch(/answers on http:\/\/127\.0\.0\.1/);
    const health = await get("/health");
    expect(health.code).toBe(200);
    expect(Object.keys(health.body).sort()).toEqual(["host", "status", "ts"]);
    expect((await get("/status")).body).toMatchObject({ role: { term: 3 } });
    // A tunnel comes by loopback too.
    expect((await get("/status", { "cf-connecting-ip": "203.0.113.9" })).code).toBe(404);
    expect((await get("/etc/passwd")).code).toBe(404);

    rmSync(join(root, "state", "role.json"));
    const failing = await get("/health");
    expect(failing).toMatchObject({ code: 503, body: { status: "failing", host: "forge" } });
    expect(Object.keys(failing.body)).toHaveLength(3);
    // The tailnet is not up on this machine: it says so, and goes on trying.
    expect(said.join("\n")).toMatch(/cannot answer on 100\.64\.0\.2:\d+ yet: EADDRNOTAVAIL/);
    stopping.abort();
    await running;
  });

  it("binds to loopback and the host's own tailnet address", () => {
    expect(boundAddresses(settings())).toEqual(["127.0.0.1", "100.64.0.2"]);
  });
});

const litestream = [process.env.LITESTREAM ?? "", "/tmp/gobin/litestream", "/usr/local/bin/litestream"].find(
  (path) => path !== "" && existsSync(path),
);

describe.skipIf(litestream === undefined)("with a real Litestream", () => {
  it("a quiet database does not lag, and one that cannot be sent does", async () => {
    const database = join(root, "databases", "tasks.db");
    const replica = join(root, "replica");
    const configuration = join(root, "etc", "litestream.yml");
    const socketPath = join(root, "state", "p0.sock");
    writeFileSync(
      configuration,
      `socket: { enabled: true, path: ${socketPath} }\ndbs:\n  - path: ${database}\n    monitor-interval: 100ms\n    replica: { type: file, path: ${replica}, sync-interval: 100ms }\n`,
    );
    const sql = (text: string): unknown => execFileSync("sqlite3", [database, text]);
    sql("pragma journal_mode=wal; create table t(x); insert into t values(1);");
    const running = spawn(litestream ?? "", ["replicate", "-config", configuration], { stdio: "ignore" });
    const reader = new HostFactsReader(settings());
    const lag = async () => (await statusNow(reader, settings())).databases[0];
    try {
      await expect.poll(lag, { timeout: 5000 }).toMatchObject({ state: "replicating", lagSeconds: 0 });
      sql("insert into t values(2);");
      await expect.poll(lag, { timeout: 5000 }).toMatchObject({ state: "replicating", lagSeconds: 0 });
      // Frozen, it can neither send nor answer.
      running.kill("SIGSTOP");
      sql("insert into t values(3);");
      await expect.poll(async () => (await lag())?.lagSeconds, { timeout: 5000 }).toBeGreaterThan(0);
    } finally {
      running.kill("SIGKILL");
    }
  });
});
