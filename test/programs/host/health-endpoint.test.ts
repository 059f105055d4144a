import { execFileSync, spawn } from "node:child_process";
import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  boundAddresses,
  healthAgent,
  healthServer,
  shareReads,
} from "../../../programs/host/agents/health/health-agent";
import { HostFactsReader } from "../../../programs/host/agents/health/host-facts";
import { realPrograms } from "../../real-programs";
import { ago, HealthyHost, texts } from "./healthy-host";

let host: HealthyHost;

beforeEach(() => {
  host = new HealthyHost();
});

afterEach(() => host.remove());

describe("replication's lag on a primary", () => {
  let socket: Server;
  let lastSync: string | undefined;
  const database = (): string => join(host.root, "databases", "tasks.db");

  beforeEach(async () => {
    socket = createServer((_, response) => {
      response.end(
        JSON.stringify({ databases: [{ path: database(), status: "replicating", last_sync_at: lastSync }] }),
      );
    });
    await new Promise<void>((resolve) => socket.listen(join(host.root, "state", "p0.sock"), resolve));
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
    expect((await host.status()).databases).toEqual([
      { name: "tasks", tier: "P0-critical", state: "replicating", lagSeconds: 0 },
    ]);
  });

  it("grows from when something was written that is not sent, and ends when it is", async () => {
    const reader = new HostFactsReader(host.settings());
    written(0);
    lastSync = ago(3000);
    const start = Date.now();
    await host.status(reader, new Date(start));
    const later = await host.status(reader, new Date(start + 400_000));
    expect(later.databases[0]?.lagSeconds).toBeCloseTo(400, 0);
    expect(texts(later).join()).toMatch(/failing: tasks: the store is 400 s behind/);
    lastSync = new Date(Date.now() + 1000).toISOString();
    expect((await host.status(reader)).databases[0]?.lagSeconds).toBe(0);
  });

  it("is not known while Litestream does not answer, and counts", async () => {
    await new Promise((resolve) => socket.close(resolve));
    written(0);
    const reader = new HostFactsReader(host.settings());
    const start = Date.now();
    await host.status(reader, new Date(start));
    const later = await host.status(reader, new Date(start + 100_000));
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
      settings: host.settings(port),
      args: [],
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
    expect((await get("//")).code).toBe(404);
    // A page whose name leads here is refused; so is one that claims to come by the tunnel, but for what anybody may know.
    for (const path of ["/status", "/health"])
      expect((await get(path, { host: `rebound.example:${port}` })).code).toBe(421);
    const tunnel = { host: "health.example", "x-forwarded-for": "203.0.113.9" };
    expect([(await get("/status", tunnel)).code, (await get("/health", tunnel)).code]).toEqual([404, 200]);
    for (const name of [`127.0.0.1:${port}`, "localhost", "Forge"])
      expect((await get("/status", { host: name })).code).toBe(200);

    rmSync(join(host.root, "state", "role.json"));
    await expect.poll(async () => (await get("/health")).code, { timeout: 5000 }).toBe(503);
    const failing = await get("/health");
    expect(failing).toMatchObject({ code: 503, body: { status: "failing", host: "forge" } });
    expect(Object.keys(failing.body)).toHaveLength(3);
    // The tailnet is not up on this machine: it says so, and goes on trying.
    expect(said.join("\n")).toMatch(/cannot answer on 100\.64\.0\.2:\d+ yet: EADDRNOTAVAIL/);
    stopping.abort();
    await running;
  });

  it("reads once for all who ask meanwhile and for a second after, and again after a failure", async () => {
    let reads = 0;
    const shared = shareReads(async () => {
      reads += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (reads === 1) throw new Error("unreadable");
      return reads;
    });
    await expect(shared()).rejects.toThrow("unreadable");
    const answers = await Promise.all(Array.from({ length: 300 }, shared));
    expect(new Set([...answers, await shared()])).toEqual(new Set([2]));
    await expect.poll(shared, { timeout: 5000 }).toBe(3);
  });

  it("keeps to itself why the status cannot be read", async () => {
    const said: string[] = [];
    const broken = () => Promise.reject(new Error("/etc/secret-path is broken"));
    const server = healthServer(broken, { settings: host.settings(port), say: (line) => said.push(line) });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    expect(await get("/status")).toEqual({
      code: 500,
      body: { error: "the status cannot be read; the agent's log says why" },
    });
    expect(said).toEqual(["cannot say how the host is: /etc/secret-path is broken"]);
    await new Promise((resolve) => server.close(resolve));
  });

  it("binds to loopback and the host's own tailnet address", () => {
    expect(boundAddresses(host.settings())).toEqual(["127.0.0.1", "100.64.0.2"]);
  });
});

const { litestream, sqlite3 } = realPrograms;

describe.skipIf(litestream === undefined || sqlite3 === undefined)(
  "with a real Litestream (needs sqlite3, too)",
  () => {
    it("a quiet database does not lag, and one that cannot be sent does", async () => {
      const database = join(host.root, "databases", "tasks.db");
      const replica = join(host.root, "replica");
      const configuration = join(host.root, "etc", "litestream.yml");
      const socketPath = join(host.root, "state", "p0.sock");
      writeFileSync(
        configuration,
        `socket: { enabled: true, path: ${socketPath} }\ndbs:\n  - path: ${database}\n    monitor-interval: 100ms\n    replica: { type: file, path: ${replica}, sync-interval: 100ms }\n`,
      );
      const sql = (text: string): unknown => execFileSync("sqlite3", [database, text]);
      sql("pragma journal_mode=wal; create table t(x); insert into t values(1);");
      const running = spawn(litestream ?? "", ["replicate", "-config", configuration], { stdio: "ignore" });
      const reader = new HostFactsReader(host.settings());
      const lag = async () => (await host.status(reader)).databases[0];
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
  },
);
