import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { wantsPrimaryAgents } from "../../../programs/host/agents/lease/decision";
import { LeaseAgent, setPrimaryAgents } from "../../../programs/host/agents/lease/lease-agent";
import { lastCaptured, uncaptured } from "../../../programs/host/agents/litestream";
import { ReplicateAgent } from "../../../programs/host/agents/replicate/replicate-agent";
import { mayReplicate } from "../../../programs/host/agents/replicate/replication-file";
import type { HostDatabase, HostSettings } from "../../../programs/host/host-settings";
import { askForHandover, firstLease, type RoleFile } from "../../../programs/host/lease/lease";
import { printLease } from "../../../programs/host/lease/lease-document";
import { readRole, writeRole } from "../../../programs/host/lease/role-file";
import { FakeBlobStore } from "./fake-blob-store";
import { pairSettings } from "./pair-settings";

const label = "no.alai.orchestrator";
let root: string;
let settings: HostSettings;
let database: HostDatabase;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "agents-roles-"));
  for (const part of ["databases", "etc", "agents", "loaded"]) mkdirSync(join(root, part));
  writeFileSync(join(root, "etc", "secrets.env"), "LITESTREAM_AZURE_ACCOUNT_KEY=a2V5\n", { mode: 0o600 });
  writeFileSync(join(root, "agents", `${label}.plist`), "");
  const base = pairSettings({ root, host: "anvil", agentsDirectory: join(root, "agents") });
  const programs = {
    ...base.programs,
    litestream: program("litestream", `echo "$REPLICA_PATH" >> ${root}/litestream.log; exec sleep 60`),
    // Knows what is loaded, as launchd does; a file `stuck` makes it refuse, `silent` not answer.
    launchctl: program(
      "launchctl",
      `echo "$1" >> ${root}/launchctl.log; cd ${root}/loaded; name=$(basename "\${3:-$2}" .plist)
       case $1 in print) test ! -e ../silent || exit 1; test -e "$name" || exit 113 ;; bootstrap) touch "$name" ;; bootout) test ! -e ../stuck && rm "$name" ;; esac`,
    ),
  };
  settings = { ...base, programs };
  database = settings.replication[0]?.databases[0] ?? {
    name: "",
    tier: "P2",
    path: "",
    syncSeconds: 1,
    followedByStandby: false,
  };
});

afterEach(() => rmSync(root, { recursive: true }));

function program(name: string, script: string): string {
  const file = join(root, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

function role(changes: Partial<RoleFile> = {}, secondsAgo = 0): RoleFile {
  const confirmedAt = new Date(Date.now() - secondsAgo * 1000).toISOString();
  return {
    role: "primary",
    term: 1,
    path: "litestream/a",
    primary: "anvil",
    since: confirmedAt,
    confirmedAt,
    ...changes,
  };
}

function replicateAgent(): { readonly agent: ReplicateAgent; readonly runs: () => boolean } {
  const [process] = settings.replication;
  if (process === undefined) throw new Error("no policy");
  const state = join(root, "state", "replication-p0-critical.json");
  return {
    agent: new ReplicateAgent(settings, process, () => undefined),
    runs: () => JSON.parse(readFileSync(state, "utf8")).litestream !== undefined,
  };
}

describe("the replicate agent", () => {
  it("runs Litestream for a primary whose term was confirmed since it started, and lately", async () => {
    writeRole(root, role({}, 1));
    const { agent, runs } = replicateAgent();
    const looks: readonly (readonly [string, RoleFile | undefined, boolean])[] = [
      ["confirmed before it started", undefined, false],
      ["confirmed", role(), true],
      ["too long ago", role({}, 30), false],
      ["in the future", role({}, -3600), false],
      ["again", role(), true],
      ["demoting", role({ role: "demoting" }), false],
      ["promoting", role({ role: "promoting" }), false],
      ["standby", role({ role: "standby" }), false],
    ];
    try {
      for (const [what, next, expected] of looks) {
        if (next !== undefined) writeRole(root, next);
        await agent.tick();
        expect([what, runs()]).toEqual([what, expected]);
      }
    } finally {
      await agent.stop();
    }
  });

  it("begins a new term's path anew, and goes on in the same one", async () => {
    const captured = join(root, "databases", ".tasks.db-litestream");
    const { agent } = replicateAgent();
    try {
      mkdirSync(captured);
      writeRole(root, role());
      await agent.tick();
      expect(existsSync(captured)).toBe(false);
      mkdirSync(captured);
      await agent.stop();
      await agent.tick();
      expect(existsSync(captured)).toBe(true);
      writeRole(root, role({ term: 2, path: "litestream/b" }));
      await agent.tick();
      expect(existsSync(captured)).toBe(false);
    } finally {
      await agent.stop();
    }
  });

  it("counts as one that may still start until it has seen that the role is over, or is gone", () => {
    const demoting = role({ role: "demoting", term: 2 });
    const seen = { agent: process.pid, role: "primary", term: 1 } as const;
    expect(mayReplicate(seen, demoting)).toBe(true);
    expect(mayReplicate({ ...seen, role: "demoting", term: 2 }, demoting)).toBe(false);
    expect(mayReplicate({ ...seen, agent: 2 ** 22 + 1 }, demoting)).toBe(false);
    expect(mayReplicate({ ...seen, role: "demoting", term: 2, litestream: process.pid }, demoting)).toBe(true);
  });
});

describe("the programs of the primary", () => {
  const calls = (): string => readFileSync(join(root, "launchctl.log"), "utf8").split("\n").join(" ").trim();

  it("are enabled and started, stopped and disabled; what is so already is left", async () => {
    expect(await setPrimaryAgents(settings, true)).toEqual([]);
    expect(await setPrimaryAgents(settings, true)).toEqual([]);
    expect(calls()).toBe("enable print print bootstrap enable print");
    expect(await setPrimaryAgents(settings, false)).toEqual([]);
    expect(calls()).toMatch(/disable print bootout print print$/);
  });

  it("do not run on a host that is meant to stand by and has seen no lease yet", () => {
    expect(wantsPrimaryAgents("undecided", "standby")).toBe(false);
    expect(wantsPrimaryAgents("undecided", "primary")).toBe(undefined);
    for (const role of ["standby", "promoting", "demoting", "fenced"] as const) {
      expect(wantsPrimaryAgents(role, "primary")).toBe(false);
    }
    expect(wantsPrimaryAgents("primary", "standby")).toBe(true);
  });

  it("that have no property list are named", async () => {
    rmSync(join(root, "agents", `${label}.plist`));
    expect(await setPrimaryAgents(settings, true)).toEqual([
      expect.stringContaining(`of the primary alone: ${label} has no `),
    ]);
  });

  it("keep a host from handing over as long as they do not stop", async () => {
    const blobs = new FakeBlobStore();
    const store = { ...settings.store, endpoint: await blobs.start() };
    try {
      const lease = askForHandover(
        firstLease("anvil", "2026-11-21T11:00:00.000Z"),
        "forge",
        "2026-11-21T12:00:00.000Z",
      );
      blobs.blobs.set("/devstoreaccount1/failover/lease.json", { text: printLease(lease), etag: '"x"' });
      writeRole(root, role({ path: lease.path }));
      await setPrimaryAgents(settings, true);
      writeFileSync(join(root, "stuck"), "");
      const agent = new LeaseAgent({ ...settings, store }, () => undefined);
      await agent.tick();
      expect(readRole(root).role).toBe("primary");
      rmSync(join(root, "stuck"));
      writeFileSync(join(root, "silent"), "");
      await agent.tick();
      expect(readRole(root).role).toBe("primary");
      rmSync(join(root, "silent"));
      await agent.tick();
      expect(readRole(root).role).toBe("fenced");
      expect(existsSync(join(root, "loaded", label))).toBe(false);
    } finally {
      blobs.stop();
    }
  });
});

describe("what Litestream has not captured", () => {
  const salts = Buffer.from("0102030405060708", "hex");

  /** A log with as many frames as there are salts given, and Litestream's last file, which ends after one frame. */
  function write(logSalts: Buffer, frames: readonly Buffer[]): void {
    const header = Buffer.alloc(100);
    header.write("LTX1");
    header.writeBigInt64BE(32n, 48);
    header.writeBigInt64BE(40n, 56);
    salts.copy(header, 64);
    const level = join(root, "databases", ".tasks.db-litestream", "ltx", "0");
    mkdirSync(level, { recursive: true });
    writeFileSync(join(level, "0000000000000009-0000000000000009.ltx"), header);
    const frame = (with_: Buffer): Buffer => Buffer.concat([Buffer.alloc(8), with_, Buffer.alloc(24)]);
    const logHeader = Buffer.concat([Buffer.alloc(16), logSalts, Buffer.alloc(8)]);
    writeFileSync(`${database.path}-wal`, Buffer.concat([logHeader, ...frames.map(frame)]));
  }

  it.each([
    ["nothing, when the log ends there", salts, [salts], "none"],
    ["nothing, when what follows is left from an earlier log", salts, [salts, Buffer.alloc(8)], "none"],
    ["what follows in the log", salts, [salts, salts], "some"],
    ["a log that began anew", Buffer.alloc(8, 1), [Buffer.alloc(8, 1)], "some"],
  ] as const)("is %s", (_, logSalts, frames, expected) => {
    write(logSalts, frames);
    const captured = lastCaptured(database);
    expect(captured).toMatchObject({ transaction: 9, logEnd: 72 });
    expect(captured && uncaptured(database, captured)).toBe(expected);
  });

  it("is not known when the log is gone", () => {
    write(salts, [salts]);
    rmSync(`${database.path}-wal`);
    const captured = lastCaptured(database);
    expect(captured && uncaptured(database, captured)).toBe("unknown");
  });
});
