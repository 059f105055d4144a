import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lives } from "../../../programs/host/agents/child";
import { ReplicateAgent, RotationTurn } from "../../../programs/host/agents/replicate/replicate-agent";
import { writeReplication } from "../../../programs/host/agents/replicate/replication-file";
import type { HostSettings } from "../../../programs/host/host-settings";
import { writeRole } from "../../../programs/host/lease/role-file";
import { FakeBlobStore } from "./fake-blob-store";
import { pairSettings } from "./pair-settings";
import { readJson, until } from "./real-pair";

const policies = ["p0-critical", "p0-financial", "p1", "p2"] as const;
type Policy = (typeof policies)[number];
/** Two keys of one account. */
const [before, after] = ["b25l", "dHdv"] as const;

let root: string;
let store: FakeBlobStore;
let settings: HostSettings;
let ending: AbortController;
let loops: Promise<unknown>;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "replicate-rotation-"));
  for (const part of ["etc", "databases"]) mkdirSync(join(root, part));
  store = new FakeBlobStore();
  settings = await settingsOf();
  secrets(before);
  ending = new AbortController();
  loops = Promise.resolve();
});

afterEach(async () => {
  ending.abort();
  await loops;
  store.stop();
  rmSync(root, { recursive: true });
});

/** What Litestream is here: notes its start, and what runs already; says that it has sent something unless it is told not to. */
async function settingsOf(): Promise<HostSettings> {
  const base = pairSettings({ root });
  const litestream = join(root, "litestream");
  const script = `policy=$5 key=$LITESTREAM_AZURE_ACCOUNT_KEY
    kill -0 $(cat ${root}/pid-$policy 2>/dev/null) 2>/dev/null && twice=twice
    echo $$ > ${root}/pid-$policy
    echo "$policy $key $$ $REPLICA_PATH $twice" >> ${root}/started
    while test -e ${root}/hold-$policy-$key; do sleep 0.05; done
    echo "level=INFO msg=\\"ltx file uploaded\\" db=$policy.db level=0 maxTXID=0000000000000001"
    exec sleep 60`;
  writeFileSync(litestream, `#!/bin/sh\n${script}\n`);
  chmodSync(litestream, 0o755);
  const [process] = base.replication;
  const [database] = process?.databases ?? [];
  if (process === undefined || database === undefined) throw new Error("no policy");
  const replication = policies.map((policy) => {
    const path = join(root, "databases", `${policy}.db`);
    writeFileSync(path, "rows");
    return { ...process, policy, configuration: policy, databases: [{ ...database, name: policy, path }] };
  });
  const programs = { ...base.programs, litestream };
  return { ...base, store: { ...base.store, endpoint: await store.start() }, replication, programs };
}

/** All four agents of a primary, whose Litestreams run. */
async function replicates(): Promise<void> {
  const agents = settings.replication.map((process) => new ReplicateAgent(settings, process, () => undefined));
  confirm("litestream/term-1");
  const { signal } = ending;
  const looks = agents.map(async (agent) => {
    for (; !signal.aborted; await sleep(20)) await agent.tick();
    await agent.stop();
  });
  loops = Promise.all(looks);
  await until("all send", () => policies.every((policy) => state(policy).reaches === true));
}

function confirm(path: string): void {
  const at = new Date().toISOString();
  writeRole(root, { role: "primary", term: 1, path, since: at, confirmedAt: at });
}

function secrets(key: string): void {
  writeFileSync(join(root, "etc", "secrets.env"), `LITESTREAM_AZURE_ACCOUNT_KEY=${key}\n`, { mode: 0o600 });
}

const state = (policy: Policy) => readJson(join(root, "state", `replication-${policy}.json`));
const hold = (policy: Policy): void => writeFileSync(join(root, `hold-${policy}-${after}`), "");
const release = (policy: Policy): void => rmSync(join(root, `hold-${policy}-${after}`));

/** What was started, in its order. */
function started(key: string) {
  return readFileSync(join(root, "started"), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" "))
    .map(([policy = "", key = "", pid = "", path = "", twice]) => ({ policy, key, pid: Number(pid), path, twice }))
    .filter((process) => process.key === key);
}

const alive = (key: string): readonly string[] =>
  started(key)
    .filter(({ pid }) => lives(pid))
    .map(({ policy }) => policy)
    .sort();

describe("Litestream of a primary, when the credentials are rotated", () => {
  it("changes one policy at a time, the least important first, and never runs twice on one", async () => {
    await replicates();
    for (const policy of policies) hold(policy);
    secrets(after);
    for (const [index, policy] of policies.toReversed().entries()) {
      await until(`${policy} begins`, () => started(after).length === index + 1);
      // It has not sent anything yet: everybody else waits.
      await until("the others say so", () =>
        policies.slice(0, -1 - index).every((one) => state(one).problem !== undefined),
      );
      expect(alive(before)).toEqual(policies.slice(0, -1 - index));
      expect(alive(after)).toEqual(policies.slice(-1 - index));
      // The same again, as when the bootstrap is run twice.
      secrets(after);
      release(policy);
    }
    await until("all send", () =>
      policies.every((one) => state(one).reaches === true && state(one).problem === undefined),
    );
    expect(started(after).map(({ policy }) => policy)).toEqual(policies.toReversed());
    expect([...started(before), ...started(after)].filter(({ twice }) => twice === "twice")).toEqual([]);
  });

  it("goes on as long as the store does not accept the new ones", async () => {
    await replicates();
    store.weather = "failing";
    secrets(after);
    await until("it is told", () =>
      policies.every((one) => /do not open the store \(500/.test(String(state(one).problem))),
    );
    expect(alive(before)).toEqual([...policies]);
    expect(alive(after)).toEqual([]);
  });

  it("a new path and the end of the role wait for nobody's turn", async () => {
    await replicates();
    hold("p2");
    secrets(after);
    await until("all others wait for it", () =>
      policies.slice(0, -1).every((one) => String(state(one).problem).includes("until p")),
    );
    confirm("litestream/term-2");
    await until("all follow the path", () => started(after).filter(({ path }) => path.endsWith("2")).length === 4, 3);
    expect(alive(before)).toEqual([]);
    writeRole(root, { role: "standby", term: 2, since: new Date().toISOString() });
    await until("all end", () => alive(after).length === 0, 3);
  });
});

describe("a policy's turn", () => {
  const state = { agent: process.pid, role: "primary", term: 1 } as const;
  const was = { ...state, secretsAt: "old", reaches: true };

  it("comes when those that go first send with the new credentials, or after 30 s for each", () => {
    const turn = new RotationTurn(settings, "p0-financial");
    for (const policy of policies) writeReplication(root, policy, was);
    expect(turn.hasCome("new", 0)).toBe(false);
    expect(turn.problem).toContain("until p1 and p2 sends");
    expect(turn.hasCome("new", 59_000)).toBe(false);
    expect(turn.hasCome("new", 61_000)).toBe(true);
    expect(turn.hasCome("newer", 61_000)).toBe(false);
    writeReplication(root, "p2", { ...state, secretsAt: "newer", reaches: false });
    writeReplication(root, "p1", { ...state, secretsAt: "newer", reaches: true });
    expect(turn.hasCome("newer", 62_000)).toBe(false);
    expect(turn.problem).toContain("until p2 sends");
    writeReplication(root, "p2", { ...state, secretsAt: "newer", reaches: true });
    expect(turn.hasCome("newer", 62_000)).toBe(true);
    expect(turn.problem).toBeUndefined();
  });

  it("does not depend on agents that are not there", () => {
    writeReplication(root, "p2", { ...was, agent: 2 ** 22 + 1 });
    expect(new RotationTurn(settings, "p0-critical").hasCome("new", 0)).toBe(true);
    expect(existsSync(join(root, "state", "replication-p1.json"))).toBe(false);
  });
});
