import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ContainerClient } from "@azure/storage-blob";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lives } from "../../../programs/host/agents/child";
import { adoptCopy, hasOwn, moveToQuarantine } from "../../../programs/host/agents/database-files";
import { Copies, followedCopy } from "../../../programs/host/agents/follow/copies";
import { Follower } from "../../../programs/host/agents/follow/follower";
import { FollowerLag } from "../../../programs/host/agents/follow/follower-lag";
import { uploadedFile } from "../../../programs/host/agents/replicate/sent-heads";
import type { HostDatabase } from "../../../programs/host/host-settings";
import { type Beyond, ReplicaPositions } from "../../../programs/host/lease/replica-positions";
import { Secrets } from "../../../programs/host/secrets/secrets-file";
import { pairSettings } from "./pair-settings";
import { until } from "./real-pair";

/** A store that has had more for long. */
class FarAhead extends ReplicaPositions {
  override async beyond(): Promise<Beyond> {
    return { newest: 99, seconds: 3600 };
  }
}

let root: string;
let database: HostDatabase;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "followers-"));
  const path = join(root, "databases", "tasks.db");
  mkdirSync(dirname(path));
  database = { name: "tasks", tier: "P0-critical", path, syncSeconds: 1, followedByStandby: true };
});

afterEach(() => rmSync(root, { recursive: true }));

describe("copies of a followed database", () => {
  it("an old one is read until a new one is complete", () => {
    const copies = new Copies(root, "tasks");
    const one = copies.next();
    writeFileSync(one.file, "one");
    writeFileSync(`${one.file}-txid`, "0000000000000011\n");
    copies.use(one);
    const two = copies.next();
    expect(copies.next().number).toBe(3);
    writeFileSync(two.file, "two");
    expect(readFileSync(followedCopy(root, "tasks"), "utf8")).toBe("one");
    expect(copies.all().map(({ number, transaction }) => [number, transaction])).toEqual([
      [2, undefined],
      [1, 17],
    ]);
    const { file: three } = copies.next();
    writeFileSync(three, "three");
    copies.use(two);
    copies.removeBefore(two);
    expect(readFileSync(followedCopy(root, "tasks"), "utf8")).toBe("two");
    expect(existsSync(three)).toBe(true);
    expect(existsSync(one.file)).toBe(false);
    expect(existsSync(`${one.file}-txid`)).toBe(false);
  });

  it("becomes the database without what its readers left", () => {
    const copies = new Copies(root, "tasks");
    const { file } = copies.next();
    for (const suffix of ["", "-txid", "-wal", "-shm"]) writeFileSync(`${file}${suffix}`, "copy");
    writeFileSync(`${database.path}-wal`, "an older log");
    adoptCopy(file, database);
    expect(readFileSync(database.path, "utf8")).toBe("copy");
    for (const rest of [file, `${file}-txid`, `${file}-wal`, `${database.path}-wal`, `${database.path}-txid`]) {
      expect(existsSync(rest)).toBe(false);
    }
  });
});

describe("a host's own databases", () => {
  it("are files with something in them, logs and what Litestream captured; not the empty file of a reader", () => {
    expect(hasOwn(database)).toBe(false);
    writeFileSync(database.path, "");
    expect(hasOwn(database)).toBe(false);
    writeFileSync(`${database.path}-wal`, "rows");
    expect(hasOwn(database)).toBe(true);
    rmSync(`${database.path}-wal`);
    mkdirSync(join(root, "databases", ".tasks.db-litestream"));
    expect(hasOwn(database)).toBe(true);
  });

  it("go aside with all that belongs to them, also when the first attempt ended half-way", () => {
    const aside = join(root, "aside", "term-1");
    writeFileSync(database.path, "rows");
    writeFileSync(`${database.path}-wal`, "more rows");
    mkdirSync(join(root, "databases", ".tasks.db-litestream", "ltx"), { recursive: true });
    mkdirSync(aside, { recursive: true });
    writeFileSync(join(aside, "tasks.db-shm"), "moved before");
    moveToQuarantine(database, aside);
    expect(hasOwn(database)).toBe(false);
    expect(readFileSync(join(aside, "tasks.db"), "utf8")).toBe("rows");
    expect(readFileSync(join(aside, "tasks.db-wal"), "utf8")).toBe("more rows");
    expect(existsSync(join(aside, ".tasks.db-litestream", "ltx"))).toBe(true);
  });
});

describe("a follower", () => {
  it("is given its time for a full restore, however far behind the copy from before is; one that hangs is ended", async () => {
    const litestream = join(root, "litestream");
    // The first has a copy at once and ends; those after it restore for ever.
    const script = `copy=$8; echo $$ >> ${root}/started
      test -e ${root}/first && exec sleep 60
      touch ${root}/first; echo copy > "$copy"; echo 000000000000000a > "$copy-txid"; sleep 0.5`;
    writeFileSync(litestream, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const settings = { ...pairSettings({ root }), programs: { ...pairSettings({ root }).programs, litestream } };
    const [policy] = settings.replication;
    if (policy === undefined) throw new Error("no policy");
    const follower = new Follower(settings, policy, database, () => {});
    const secrets = new Secrets(new Map());
    const look = { path: "litestream/term-1", secrets, isInStore: true, mayRestore: true, mayReplace: false };
    const started = (): readonly number[] =>
      existsSync(join(root, "started"))
        ? readFileSync(join(root, "started"), "utf8").trim().split("\n").map(Number)
        : [];
    try {
      await until("the second restores", () => {
        follower.tick(look);
        return started().length === 2 && follower.transaction === 10;
      });
      const [, second = 0] = started();
      const behind = new FarAhead(new ContainerClient("http://127.0.0.1:1/replicas"));
      await follower.watch(look.path, behind, Date.now() + 10 * 60_000);
      expect(lives(second)).toBe(true);
      await follower.watch(look.path, behind, Date.now() + 31 * 60_000);
      expect(lives(second)).toBe(false);
    } finally {
      await follower.stop();
    }
  });

  it("waits only for what the store is known not to have; what waits for its turn is not followed yet", () => {
    const settings = pairSettings({ root });
    const [policy] = settings.replication;
    if (policy === undefined) throw new Error("no policy");
    const follower = new Follower(settings, policy, database, () => {});
    const secrets = new Secrets(new Map());
    const stateWhen = (isInStore: boolean | undefined) => {
      follower.tick({ path: "litestream/term-1", secrets, isInStore, mayRestore: false, mayReplace: false });
      return follower.state.state;
    };
    expect([undefined, false, true].map(stateWhen)).toEqual(["restoring", "waiting", "restoring"]);
  });

  const stalled = 60;
  const at = (seconds: number): number => seconds * 1000;

  it("is stuck when it is behind and stands still, not when it waits for something new", () => {
    const lag = new FollowerLag(stalled);
    lag.begin(0);
    lag.moved(5, at(1));
    lag.observe(0, at(300));
    expect(lag.isStuck(true, at(300))).toBe(false);
    lag.observe(61, at(361));
    expect(lag.isStuck(true, at(361))).toBe(true);
    lag.moved(6, at(361));
    expect(lag.isStuck(true, at(361))).toBe(false);
  });

  it("is stuck when it moves for long and never arrives", () => {
    const lag = new FollowerLag(stalled);
    lag.begin(0);
    for (let second = 0; second <= 200; second++) lag.moved(second, at(second));
    lag.observe(190, at(200));
    expect(lag.isStuck(true, at(200))).toBe(true);
    lag.begin(at(200));
    expect(lag.isStuck(true, at(201))).toBe(false);
  });

  it("does not know its lag for ever", () => {
    const lag = new FollowerLag(stalled);
    lag.observe(2, at(0));
    expect(lag.seconds(at(10))).toBe(2);
    expect(lag.seconds(at(40))).toBeUndefined();
  });
});

describe("what Litestream says it has uploaded", () => {
  const txid = "00000000000000a7";
  it.each([
    `time=x level=INFO msg="ltx file uploaded" system=store db=tasks.db replica=abs level=0 minTXID=${txid} maxTXID=${txid} size=9`,
    `{"time":"x","level":"INFO","msg":"ltx file uploaded","system":"store","db":"tasks.db","replica":"abs","level":0,"minTXID":"${txid}","maxTXID":"${txid}","size":9}`,
  ])("is read from its log: %s", (line) => {
    expect(uploadedFile(line)).toEqual({ file: "tasks.db", txid });
  });

  it.each([
    `level=INFO msg="replica sync" db=tasks.db replica=abs txid.replica=${txid} txid.db=00000000000000a8`,
    `{"level":"INFO","msg":"replica sync","db":"tasks.db","replica":"abs","txid":{"replica":"${txid}","db":"00000000000000a8"}}`,
  ])("is what it finds there from before, too: %s", (line) => {
    expect(uploadedFile(line)).toEqual({ file: "tasks.db", txid });
  });

  it("is not what it compacted, nor anything else", () => {
    const compacted = `level=INFO msg="ltx file uploaded" db=tasks.db level=1 minTXID=${txid} maxTXID=${txid}`;
    expect(uploadedFile(compacted)).toBeUndefined();
    const none = `level=INFO msg="replica sync" db=tasks.db replica=abs txid.replica=0000000000000000 txid.db=${txid}`;
    expect(uploadedFile(none)).toBeUndefined();
  });
});
