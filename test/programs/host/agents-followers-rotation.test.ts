import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lives } from "../../../programs/host/agents/child";
import { followedCopy } from "../../../programs/host/agents/follow/copies";
import { FollowAgent } from "../../../programs/host/agents/follow/follow-agent";
import type { HostSettings } from "../../../programs/host/host-settings";
import type { RoleFile } from "../../../programs/host/lease/lease";
import { writeRole } from "../../../programs/host/lease/role-file";
import { FakeBlobStore } from "./fake-blob-store";
import { pairSettings } from "./pair-settings";
import { readJson, until } from "./real-pair";

const databases = ["a", "b", "c", "d"] as const;
type Name = (typeof databases)[number];
/** Two keys of one account. */
const [before, after] = ["b25l", "dHdv"] as const;
const path = "litestream/term-1";
const tenth = "000000000000000a";

let root: string;
let store: FakeBlobStore;
let said: string[];
let ending: AbortController;
let loops: Promise<unknown>;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "followers-rotation-"));
  for (const part of ["etc", "databases"]) mkdirSync(join(root, part));
  store = new FakeBlobStore();
  said = [];
  const settings = await settingsOf();
  secrets(`LITESTREAM_AZURE_ACCOUNT_KEY=${before}`);
  role({ role: "standby", term: 1, path });
  sent(path);
  const agent = new FollowAgent(settings, (line) => said.push(line));
  ending = new AbortController();
  const { signal } = ending;
  const looks = async (): Promise<void> => {
    for (; !signal.aborted; await sleep(20)) await agent.tick();
    await agent.stop();
  };
  loops = Promise.all([looks(), agent.listen(signal)]);
  await until("all follow", () => databases.every((name) => linked(name) === before));
});

afterEach(async () => {
  ending.abort();
  await loops;
  store.stop();
  rmSync(root, { recursive: true });
});

/** What Litestream is here: notes its start, waits when it is told to, and then says that its copy is complete. */
async function settingsOf(): Promise<HostSettings> {
  const base = pairSettings({ root });
  const litestream = join(root, "litestream");
  const script = `copy=$8 name=$(basename "$9" .db) key=$LITESTREAM_AZURE_ACCOUNT_KEY
    test ! -e ${root}/fail-$name-$key || exit 1
    echo "$name $key $$ $copy $REPLICA_PATH" >> ${root}/started
    while test -e ${root}/hold-$name-$key; do sleep 0.05; done
    echo $key > "$copy"; echo ${tenth} > "$copy-txid"
    exec sleep 60`;
  writeFileSync(litestream, `#!/bin/sh\n${script}\n`);
  chmodSync(litestream, 0o755);
  const [process] = base.replication;
  const [database] = process?.databases ?? [];
  if (process === undefined || database === undefined) throw new Error("no policy");
  const all = databases.map((name) => ({ ...database, name, path: join(root, "databases", `${name}.db`) }));
  return {
    ...base,
    store: { ...base.store, endpoint: await store.start() },
    replication: [{ ...process, databases: all }],
    programs: { ...base.programs, litestream },
  };
}

function secrets(lines: string): void {
  writeFileSync(join(root, "etc", "secrets.env"), `${lines}\n`, { mode: 0o600 });
}

function role(changes: Pick<RoleFile, "role" | "term" | "path">): void {
  writeRole(root, { since: new Date().toISOString(), ...changes });
}

/** The primary says that it has sent ten transactions of each. */
function sent(path: string): void {
  const heads = { path, at: path, databases: Object.fromEntries(databases.map((name) => [name, tenth])) };
  store.blobs.set("/devstoreaccount1/failover/sent-p0-critical.json", {
    text: JSON.stringify(heads),
    etag: `"${path}"`,
  });
}

const hold = (name: Name): void => writeFileSync(join(root, `hold-${name}-${after}`), "");
const release = (name: Name): void => rmSync(join(root, `hold-${name}-${after}`));

/** What was started, in its order. */
function started(key: string = after) {
  return readFileSync(join(root, "started"), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" "))
    .map(([name = "", key = "", pid = "", copy = "", path = ""]) => ({ name, key, pid: Number(pid), copy, path }))
    .filter((process) => process.key === key);
}

const names = (processes: readonly { readonly name: string }[]): string =>
  processes
    .map(({ name }) => name)
    .sort()
    .join();
const alive = (key: string): string => names(started(key).filter(({ pid }) => lives(pid)));

/** With which key the copy was made that is read. */
function linked(name: Name): string | undefined {
  const copy = followedCopy(root, name);
  return existsSync(copy) ? readFileSync(copy, "utf8").trim() : undefined;
}

/** What the health agent is told. */
const problem = (): unknown => readJson(join(root, "state", "followers.json")).problem;

/** Databases of which, at any moment until `act` is done, nobody moved the copy that is read. */
async function unattended(act: () => Promise<void>): Promise<readonly string[]> {
  const found = new Set<string>();
  const isOver = act().then(() => true);
  while (!(await Promise.race([isOver, sleep(10, false)]))) {
    for (const name of databases) {
      const processes = [...started(before), ...started()].filter((process) => process.name === name);
      const moving = processes.filter(({ pid, copy }) => lives(pid) && existsSync(`${copy}-txid`));
      if (moving.length === 0) found.add(name);
    }
  }
  return [...found];
}

describe("followers, when the credentials are rotated", () => {
  it("change two at a time, the most important first, and nobody is without one that moves", async () => {
    databases.forEach(hold);
    const missing = await unattended(async () => {
      secrets(`LITESTREAM_AZURE_ACCOUNT_KEY=${after}`);
      await until("two begin", () => existsSync(join(root, "started")) && started().length === 2);
      await until("it is told", () => problem() !== undefined);
      expect(problem()).toMatch(/4 of 4 followers still use/);
      expect(names(started())).toBe("a,b");
      expect([alive(before), linked("a")]).toEqual(["a,b,c,d", before]);
      release("a");
      await until("the next begins", () => started().length === 3);
      expect([linked("a"), linked("b")]).toEqual([after, before]);
      await until("the old one ends", () => alive(before) === "b,c,d");
      for (const name of ["b", "c", "d"] as const) release(name);
      await until("all have changed", () => alive(before) === "" && databases.every((name) => linked(name) === after));
    });
    expect(missing).toEqual([]);
    expect(names(started().slice(2))).toBe("c,d");
    for (const { copy } of started(before)) expect(existsSync(copy)).toBe(false);
    await until("it is told that it is over", () => problem() === undefined);
    expect(said.filter((line) => line.includes("credentials"))).toEqual([
      "the followers change to new credentials",
      "all followers use the new credentials",
    ]);
  });

  it("read a copy that is complete only once it is as far as the one before", async () => {
    const [old] = started(before);
    writeFileSync(`${old?.copy}-txid`, "000000000000000b\n");
    await sleep(100);
    secrets(`LITESTREAM_AZURE_ACCOUNT_KEY=${after}`);
    await until("the others have changed", () => alive(before) === "a");
    expect([linked("a"), alive(after)]).toEqual([before, "a,b,c,d"]);
    writeFileSync(`${started()[0]?.copy}-txid`, "000000000000000b\n");
    await until("it has changed, too", () => linked("a") === after && alive(before) === "");
  });

  it("go on as long as the store does not accept the new ones, or the file cannot be used", async () => {
    store.weather = "failing";
    secrets(`LITESTREAM_AZURE_ACCOUNT_KEY=${after}`);
    await until("it is told", () => /do not open the store \(500/.test(String(problem())));
    secrets("LITESTREAM_AZURE_ACCOUNT_KEY =");
    await until("it is told", () => /expected NAME=value in line 1; what it held/.test(String(problem())));
    secrets(`AZURE_CLIENT_ID=${after}`);
    await until("it is told", () => /no line AZURE_TENANT_ID=; .*what it held/.test(String(problem())));
    expect([alive(before), started().length]).toEqual(["a,b,c,d", 0]);
    store.weather = "fine";
    secrets(`LITESTREAM_AZURE_ACCOUNT_KEY=${after}`);
    await until("all have changed", () => alive(after) === "a,b,c,d" && alive(before) === "");
  });

  it("change when the store refuses those from before as well: nothing is lost by it", async () => {
    store.weather = "forbidden";
    secrets(`LITESTREAM_AZURE_ACCOUNT_KEY=${after}`);
    await until("all have changed", () => alive(after) === "a,b,c,d" && alive(before) === "");
  });

  it("go on when the successor fails, which keeps nobody else from changing", async () => {
    writeFileSync(join(root, `fail-a-${after}`), "");
    secrets(`LITESTREAM_AZURE_ACCOUNT_KEY=${after}`);
    await until("the others have changed", () => alive(after) === "b,c,d" && alive(before) === "a");
    expect(linked("a")).toBe(before);
    expect(said).toContain("a: no follower with the new credentials: exit code 1; the one from before goes on");
  });

  it("whose process ends meanwhile go on in the successor's copy, when it is complete", async () => {
    hold("a");
    secrets(`LITESTREAM_AZURE_ACCOUNT_KEY=${after}`);
    await until("the successor begins", () => started().some(({ name }) => name === "a"));
    process.kill(started(before).find(({ name }) => name === "a")?.pid ?? 0, "SIGKILL");
    await until("the end is noticed", () => said.some((line) => line.startsWith("a: the follower ended")));
    expect(linked("a")).toBe(before);
    release("a");
    await until("it has changed", () => linked("a") === after);
    expect(started().filter(({ name }) => name === "a").length).toBe(1);
  });

  it("a promotion ends the successors at once, and keeps the copies that are used", async () => {
    databases.forEach(hold);
    secrets(`LITESTREAM_AZURE_ACCOUNT_KEY=${after}`);
    await until("two begin", () => started().length === 2);
    role({ role: "promoting", term: 2, path: "litestream/term-2" });
    // While they are held, nothing else ends them.
    await until("they end", () => alive(after) === "");
    expect(alive(before)).toBe("a,b,c,d");
    role({ role: "primary", term: 2, path: "litestream/term-2" });
    await until("all end", () => alive(before) === "");
    expect([alive(after), started().length]).toEqual(["", 2]);
    expect(databases.map(linked)).toEqual(databases.map(() => before));
  });

  it("another term's path ends all, and is followed with the new ones", async () => {
    databases.forEach(hold);
    secrets(`LITESTREAM_AZURE_ACCOUNT_KEY=${after}`);
    await until("two begin", () => started().length === 2);
    databases.forEach(release);
    role({ role: "standby", term: 2, path: "litestream/term-2" });
    sent("litestream/term-2");
    await until("it is followed", () => started().filter((one) => one.path === "litestream/term-2").length === 4);
    expect(alive(before)).toBe("");
    await until("by all", () => databases.every((name) => linked(name) === after));
    expect(
      started()
        .filter(({ pid }) => lives(pid))
        .map((one) => one.path),
    ).toEqual(databases.map(() => "litestream/term-2"));
  });
});
