import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DrillHost } from "../../../operations/drill/hosts/drill-host";
import { refuseUnlessReady, removeTables } from "../../../operations/drill/real/real-drill-site";
import { executableOnPath, runProgram } from "../../../operations/programs/external-program";
import { hostSettings } from "./host-settings-sample";

const sqlite3 = executableOnPath("sqlite3");
let directory: string;
let servers: Server[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "dr-"));
});

afterEach(() => {
  for (const server of servers) server.close();
  servers = [];
  rmSync(directory, { recursive: true });
});

interface HostState {
  readonly role: string;
  readonly term?: number;
  readonly healthUrl?: string;
  readonly loaded?: boolean;
  readonly node?: string;
}

/** A host whose shell is this machine's. */
function hostIn(name: "anvil" | "forge", { role, term = 3, healthUrl, loaded = true, node }: HostState): DrillHost {
  const root = join(directory, name);
  for (const part of ["state", "etc", "databases"]) mkdirSync(join(root, part), { recursive: true });
  writeFileSync(join(root, "state", "role.json"), JSON.stringify({ role, term, since: "2026-01-01T00:00:00Z" }));
  writeFileSync(join(root, "etc", "installed.sha256"), `${"0".repeat(64)}  agents/no.alai.lease.plist\n`);
  const launchctl = join(root, "launchctl");
  writeFileSync(launchctl, loaded ? "#!/bin/sh\nprintf '\\tpid = 12\\n'\n" : "#!/bin/sh\nexit 113\n");
  chmodSync(launchctl, 0o755);
  const sample = hostSettings({ root, launchctl });
  const programs = { ...sample.programs, sqlite3: sqlite3 ?? "", node: node ?? sample.programs.node };
  const hosts = sample.hosts.map((host) => ({ ...host, healthUrl: healthUrl ?? host.healthUrl }));
  return {
    name,
    settings: { ...sample, host: name, programs, hosts },
    recordDirectory: join(directory, "record"),
    shell: (script, options) => runProgram("/bin/sh", ["-c", script], options),
    lose: async () => Date.now(),
    comeBack: async () => {},
  };
}

async function healthEndpoint(status: number): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end());
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/health`;
}

describe("hosts that a drill begins with", () => {
  it("are as they should be", async () => {
    const healthUrl = await healthEndpoint(200);
    const [anvil, forge] = [
      hostIn("anvil", { role: "primary", healthUrl }),
      hostIn("forge", { role: "standby", healthUrl }),
    ];
    await expect(refuseUnlessReady(anvil, forge)).resolves.toBeUndefined();
  });

  it("are refused with everything that is wrong with them", async () => {
    const late = join(directory, "late-node");
    writeFileSync(late, "#!/bin/sh\necho 1000\n");
    chmodSync(late, 0o755);
    const anvil = hostIn("anvil", { role: "standby", healthUrl: await healthEndpoint(503), node: late });
    const forge = hostIn("forge", { role: "standby", healthUrl: "http://127.0.0.1:1/health", loaded: false });
    const refusal = refuseUnlessReady(anvil, forge).catch((error: unknown) => String(error));
    expect(await refusal).toMatch(/anvil is standby, and a drill begins with it as primary: bin\/failover --back/);
    expect(await refusal).toMatch(/anvil's health endpoint says 503/);
    expect(await refusal).toMatch(/anvil's clock and this machine's are \d+\.\d s apart/);
    expect(await refusal).toMatch(/forge's health endpoint says nothing/);
    expect(await refusal).toMatch(/forge has no agent loaded/);
  });
});

describe.skipIf(sqlite3 === undefined)("the drill's table (needs sqlite3)", () => {
  const database = (host: DrillHost) => join(host.settings.root, "databases", "tasks.db");
  const run = (host: DrillHost, sql: string) => runProgram(sqlite3 ?? "", [database(host), sql]);

  it("is removed on the primary of the newest term, and nothing else is", async () => {
    const former = hostIn("anvil", { role: "primary", term: 3 });
    const primary = hostIn("forge", { role: "primary", term: 4 });
    for (const host of [former, primary]) await run(host, "CREATE TABLE drill_rows (id); CREATE TABLE tasks (id)");
    expect(await removeTables([former, primary])).toBeUndefined();
    expect((await run(primary, ".tables")).stdout.trim()).toBe("tasks");
    expect((await run(former, ".tables")).stdout).toContain("drill_rows");
  });

  it("is not looked for where a database has nothing in it yet", async () => {
    const primary = hostIn("anvil", { role: "primary" });
    expect(await removeTables([primary])).toBeUndefined();
    expect((await runProgram("ls", [join(primary.settings.root, "databases")])).stdout).toBe("");
  });

  it("is told of where it could not be removed", async () => {
    const primary = hostIn("anvil", { role: "primary" });
    writeFileSync(database(primary), "this is no database, and long enough that SQLite sees it ".repeat(20));
    expect(await removeTables([primary])).toMatch(/still in databases of anvil: .*tasks\.db/s);
    expect(await removeTables([hostIn("anvil", { role: "demoting" })], 0)).toMatch(/no host is primary.*DROP TABLE/);
  });
});
