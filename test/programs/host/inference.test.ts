import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  inferenceAgent,
  parseTierRouting,
  probe,
  redirectsFor,
} from "../../../programs/host/agents/inference/inference-agent";
import { readOverride } from "../../../programs/host/agents/inference/override-file";
import { keepRouterFile, tellRouter } from "../../../programs/host/agents/inference/router-files";
import { rotateLogs } from "../../../programs/host/agents/rotate-logs/rotate-logs-agent";
import { overrideInference } from "../../../programs/host/failover/override-inference";
import { pairSettings } from "./pair-settings";

let root: string;
let servers: Server[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "r2-inference-"));
  for (const directory of ["state", "etc", "logs"]) mkdirSync(join(root, directory));
});

afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers = [];
  rmSync(root, { recursive: true, force: true });
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

/** As in the plan: anvil's tiers go to forge, forge's to Claude. */
const tierRouting = {
  ollamaHosts: { anvil: { url: "http://localhost:11434" }, forge: { url: "http://10.0.0.2:11434" } },
  failoverRules: {
    "anvil-down": {
      redirect_anvil_tiers: ["1", "2"],
      to_forge_models: { "qwen2.5-coder:32b": "qwen2.5-coder:32b-instruct-q8_0" },
    },
    "forge-down": { redirect_forge_tiers: ["3"], to_claude: true },
  },
};

const health = (anvil: boolean, forge: boolean) => ({
  anvil: { healthy: anvil, last_check: "" },
  forge: { healthy: forge, last_check: "" },
});

describe("tier routing", () => {
  const rules = parseTierRouting(tierRouting);
  const redirects = (anvil: boolean, forge: boolean) =>
    "problem" in rules ? [] : redirectsFor(rules, health(anvil, forge));

  it("sends nothing elsewhere while both servers answer", () => {
    expect(redirects(true, true)).toEqual([]);
  });

  it("sends a host's tiers to the other, with the models that stand in", () => {
    const models = { "qwen2.5-coder:32b": "qwen2.5-coder:32b-instruct-q8_0" };
    expect(redirects(false, true)).toEqual([{ from: "anvil", tiers: ["1", "2"], to: "forge", models }]);
    expect(redirects(true, false)).toEqual([{ from: "forge", tiers: ["3"], to: "claude" }]);
  });

  it("follows the replacement's own rule when that is away too", () => {
    expect(redirects(false, false).map(({ from, to }) => `${from} → ${to}`)).toEqual([
      "anvil → claude",
      "forge → claude",
    ]);
  });

  it("says what is wrong with rules it cannot read", () => {
    expect(parseTierRouting({ ollamaHosts: {}, failoverRules: { anvil: {} } })).toHaveProperty("problem");
  });
});

describe("an inference server", () => {
  const never = new AbortController().signal;
  it.each([
    ["answers", (_request, response) => response.end("{}"), { healthy: true }],
    ["answers 500", (_request, response) => response.writeHead(500).end(), { healthy: false, why: "answers 500" }],
    ["redirects", (_request, response) => response.writeHead(302, { location: "/" }).end(), { healthy: false }],
    ["hangs", () => undefined, { healthy: false, why: "no answer within 0.1 s" }],
    [
      "hangs after its first line",
      (_request, response) => response.write("{"),
      { healthy: false, why: "no answer within 0.1 s" },
    ],
  ] satisfies [string, RequestListener, object][])("%s", async (_name, listener, expected) => {
    const url = await serve(listener);
    expect(await probe({ host: "anvil", url, healthPath: "/api/tags" }, 0.1, never)).toMatchObject(expected);
  });

  it("is asked a second time before it counts as away", async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      response.writeHead(asked === 1 ? 503 : 200).end();
    });
    expect(await probe({ host: "anvil", url, healthPath: "/api/tags" }, 1, never)).toMatchObject({ healthy: true });
  });
});

describe("the inference monitor", () => {
  async function monitored(everySeconds: number) {
    const settings = pairSettings({
      root,
      inference: {
        everySeconds,
        timeoutSeconds: 1,
        servers: [
          {
            host: "anvil",
            url: await serve((_request, response) => response.writeHead(503).end()),
            healthPath: "/api/tags",
          },
          { host: "forge", url: await serve((_request, response) => response.end("{}")), healthPath: "/api/tags" },
        ],
      },
    });
    writeFileSync(join(root, "etc", "tier-routing.json"), JSON.stringify(tierRouting));
    writeFileSync(join(root, "etc", "host.json"), JSON.stringify(settings));
    const stopping = new AbortController();
    const running = inferenceAgent({ settings, args: [], signal: stopping.signal, say: () => undefined });
    const stop = async (): Promise<void> => {
      stopping.abort();
      await running;
    };
    return { stop, file: join(root, "etc", "host.json") };
  }

  const written = (name: string) => {
    try {
      return JSON.parse(readFileSync(join(root, "state", name), "utf8"));
    } catch {
      return {};
    }
  };

  it("writes who is there and what goes where; a new term and a person's word count at once", async () => {
    // Nothing below waits for the next regular check.
    const { stop, file } = await monitored(3600);
    await expect
      .poll(() => written("inference-health.json"))
      .toMatchObject({ anvil: { healthy: false }, forge: { healthy: true } });
    expect(written("inference-routing.json")).toMatchObject({ term: 0, redirects: [{ from: "anvil", to: "forge" }] });

    writeFileSync(join(root, "state", "role.json"), JSON.stringify({ role: "primary", term: 2 }));
    await expect.poll(() => written("inference-routing.json").term, { timeout: 3000 }).toBe(2);

    overrideInference({ avoid: "forge", minutes: 5, automatic: false, settings: file });
    await expect
      .poll(() => written("inference-health.json").forge, { timeout: 3000 })
      .toMatchObject({ healthy: false, override: true });
    expect(written("inference-routing.json").redirects.map(({ to }: { to: string }) => to)).toEqual([
      "claude",
      "claude",
    ]);

    overrideInference({ automatic: true, settings: file });
    await expect.poll(() => written("inference-health.json").forge, { timeout: 3000 }).toMatchObject({ healthy: true });
    writeFileSync(join(root, "state", "inference-override.json"), '{"forge":{"healthy":"no"}}');
    await expect
      .poll(() => written("inference-routing.json").problems?.[0], { timeout: 3000 })
      .toMatch(/forge.healthy/);
    await stop();
  });

  it("takes an override's word until its time is over", () => {
    const file = join(root, "state", "inference-override.json");
    writeFileSync(file, JSON.stringify({ forge: { healthy: false, until: "2026-11-21T12:00:00Z" } }));
    const at = (time: string) => readOverride(file, new Date(time));
    expect(at("2026-11-21T11:59:00Z")).toMatchObject({ override: { forge: { healthy: false } } });
    expect(at("2026-11-21T12:01:00Z")).toEqual({ kind: "read", override: {} });
  });

  it("is overridden for servers that exist, and in one way", () => {
    writeFileSync(join(root, "etc", "host.json"), JSON.stringify(pairSettings({ root })));
    const settings = join(root, "etc", "host.json");
    expect(() => overrideInference({ avoid: "frge", automatic: false, settings })).toThrow(
      /no inference server on "frge"/,
    );
    expect(() => overrideInference({ avoid: "forge", automatic: true, settings })).toThrow(
      /--avoid anvil or --avoid forge, or --automatic/,
    );
  });
});

describe("the router that was there before", () => {
  const file = () => join(root, "config", "tier-routing.json");
  const own = { tiers: { "1": "anvil" }, failoverRules: { "anvil-down": {} }, ollamaHosts: {} };
  const withRouter = () => {
    const base = pairSettings({ root });
    const healthFile = join(root, "ollama-health.json");
    return { ...base, inference: { ...base.inference, routerFile: file(), healthFile } };
  };

  it("finds our blocks in its own file, and the rest of it as it was; what it was is kept once", () => {
    const settings = withRouter();
    expect(keepRouterFile(settings, tierRouting)).toBeUndefined();
    expect(existsSync(file())).toBe(false);
    mkdirSync(join(root, "config"));
    writeFileSync(file(), JSON.stringify(own), { mode: 0o640 });
    expect(keepRouterFile(settings, tierRouting)).toBeUndefined();
    expect(JSON.parse(readFileSync(file(), "utf8"))).toEqual({ ...own, ...tierRouting });
    expect(statSync(file()).mode & 0o777).toBe(0o640);
    const { ino } = statSync(file());
    expect(keepRouterFile(settings, tierRouting)).toBeUndefined();
    expect(statSync(file()).ino).toBe(ino);
    expect(keepRouterFile(settings, { ...tierRouting, ollamaHosts: {} })).toBeUndefined();
    expect(JSON.parse(readFileSync(join(root, "replaced", "tier-routing.json"), "utf8"))).toEqual(own);
  });

  it("is left alone when its file is none, and is told which servers are there", () => {
    mkdirSync(join(root, "config"));
    writeFileSync(file(), "[]");
    expect(keepRouterFile(withRouter(), tierRouting)).toBe(`${file()}: expected a JSON object`);
    expect(readFileSync(file(), "utf8")).toBe("[]");
    expect(tellRouter(withRouter(), health(true, false))).toBeUndefined();
    expect(JSON.parse(readFileSync(join(root, "ollama-health.json"), "utf8"))).toEqual(health(true, false));
    const settings = withRouter();
    const nowhere = { ...settings.inference, healthFile: join(file(), "below-a-file.json") };
    expect(tellRouter({ ...settings, inference: nowhere }, {})).toMatch(/below-a-file\.json: E/);
  });
});

describe("log rotation", () => {
  it("empties a large log in place, keeps so many older ones, and leaves the rest alone", () => {
    const logs = join(root, "logs");
    const file = join(logs, "lease.log");
    writeFileSync(join(logs, "small.log"), "x");
    for (const text of ["1".repeat(20), "2".repeat(20), "3".repeat(20), "4".repeat(20)]) {
      writeFileSync(file, text);
      const before = statSync(file).ino;
      expect(rotateLogs(logs, { bytes: 10, keep: 2 })).toEqual(["rotated lease.log"]);
      // launchd has this very file open.
      expect(statSync(file)).toMatchObject({ ino: before, size: 0 });
    }
    const age = (number: number): string => readFileSync(`${file}.${number}`, "utf8")[0] ?? "";
    expect([age(1), age(2)]).toEqual(["4", "3"]);
    expect(() => age(3)).toThrow();
    expect(readFileSync(join(logs, "small.log"), "utf8")).toBe("x");
  });
});
