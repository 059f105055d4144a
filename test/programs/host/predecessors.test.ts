import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readWish, reconcilePredecessors, writeWish } from "../../../programs/host/agents/lease/predecessors";
import type { HostSettings } from "../../../programs/host/host-settings";
import { firstLease } from "../../../programs/host/lease/lease";
import { readRole } from "../../../programs/host/lease/role-file";
import { pairSettings } from "./pair-settings";
import { label, PredecessorHost, until } from "./predecessor-host";

describe("a host on which something else replicates", () => {
  let host: PredecessorHost;
  let list: string;
  beforeAll(async () => {
    host = await PredecessorHost.begin();
    list = readFileSync(host.list, "utf8");
  }, 60_000);
  afterAll(() => host.end(), 60_000);

  it("is installed while that goes on, and the installation says what is left to do", async () => {
    expect(await host.install()).toContain(
      `anvil: ${label} goes on; when the host has its secrets: ${host.root}/bin/failover replace-predecessors`,
    );
    expect(host.who()).toBe("theirs");
    const refused = await host.replace();
    expect([refused.status, refused.output]).toEqual([3, expect.stringContaining("bin/bootstrap-secrets writes it")]);
  }, 60_000);

  it("takes no role while that goes on, with its secrets too, and says which command changes that", async () => {
    host.giveSecrets();
    await until("it says so", () => host.problem()?.startsWith(`${label} replicates as before`) === true);
    expect(host.problem()).toContain("bin/failover replace-predecessors lets ours take over");
    expect(host.store.blobs.size).toBe(0);
    expect(host.who()).toBe("theirs");
  });

  it("says before what it would do, and does nothing", async () => {
    const { status, output } = await host.replace("--dry-run");
    expect([status, output.trimEnd().split("\n")]).toEqual([
      0,
      [
        `will: ${host.list} is kept as ${host.kept}`,
        `will: ${label} is disabled and ends`,
        `will: our Litestream begin a path of their own; what ${label} sent stays in the store as it is`,
      ],
    ]);
    expect([host.who(), existsSync(host.kept)]).toEqual(["theirs", false]);
  });

  it("changes nothing when launchd does not stop it", async () => {
    host.refuse("bootout");
    const replacing = host.replace("--timeout", "2");
    await until("it is tried", () => host.problem()?.includes("bootout failed: 5") === true);
    expect(host.who()).toBe("theirs");
    const { status, output } = await replacing;
    host.refuse();
    expect([status, output]).toEqual([9, expect.stringContaining("what ran before runs again")]);
    expect([host.who(), readFileSync(host.list, "utf8")]).toEqual(["theirs", list]);
  }, 60_000);

  it.each([
    ["before", "disable"],
    ["after", "bootout"],
  ] as const)(
    "lets ours take over and goes back, also when the lease agent is killed %s %s",
    async (moment, verb) => {
      host.dieAt(moment, verb);
      const { status, output } = await host.replace();
      expect([status, output]).toEqual([0, expect.stringContaining("anvil: done; what is kept lies in")]);
      expect([host.hasDied(), host.who(), existsSync(host.list), readFileSync(host.kept, "utf8")]).toEqual([
        ...[true, "ours", false, list],
      ]);
      expect((await host.replace()).output).toContain(`anvil: nothing to do: ${label} does not run here`);

      const captured = join(host.root, "databases", ".tasks.db-litestream");
      mkdirSync(captured);
      host.dieAt(moment, moment === "before" ? "enable" : "bootstrap");
      const back = await host.replace("--back");
      expect([back.status, back.output]).toEqual([0, expect.stringContaining("anvil: done")]);
      // It is killed when launchd has answered, and theirs may run before that.
      await until("theirs run", () => host.hasDied() && host.replicates("theirs"));
      expect([host.who(), readFileSync(host.list, "utf8")]).toEqual(["theirs", list]);
      expect(existsSync(captured)).toBe(false);
      expect((await host.replace("--back")).output).toContain(`anvil: nothing to do: ${label} runs`);
    },
    60_000,
  );

  it("has ours after a restart of the machine that came between the two, and after the next one", async () => {
    host.dieAt("before", "disable");
    const replacing = host.replace();
    await until("it died", () => host.hasDied());
    await host.restart();
    expect((await replacing).status).toBe(0);
    await host.restart();
    await until("ours run", () => host.replicates("ours"));
    expect(host.replicates("theirs")).toBe(false);
  }, 60_000);

  it("never had both at once", () => {
    expect(host.both()).toBe("");
  });
});

describe("a standby on which a loop restores", () => {
  const loop = "com.alai.litestream-restore";
  const self = { host: "forge", intendedRole: "standby" } as const;
  const read = { kind: "found", lease: firstLease("anvil", "2026-11-21T11:00:00.000Z"), etag: "1" } as const;
  let root: string;
  let settings: HostSettings;
  const reconcile = (changes: Partial<Parameters<typeof reconcilePredecessors>[1]> = {}) =>
    reconcilePredecessors(settings, { role: readRole(root), read, self, replicating: false, ...changes });
  const restored = () => existsSync(join(root, "databases", "tasks.db"));

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "pre-"));
    for (const part of ["agents", "databases"]) mkdirSync(join(root, part));
    writeFileSync(join(root, "loaded"), "");
    writeFileSync(join(root, "agents", `${loop}.plist`), "a list");
    writeFileSync(join(root, "databases", "tasks.db"), "rows");
    const launchctl = join(root, "launchctl");
    const script = "case $1 in print) test -e loaded || exit 113;; bootout) rm loaded;; bootstrap) touch loaded;; esac";
    writeFileSync(launchctl, `#!/bin/sh\ncd ${root}\n${script}\n`, { mode: 0o755 });
    const base = pairSettings({ root, agentsDirectory: join(root, "agents") });
    const predecessors = [{ label: loop, does: "follow" } as const];
    settings = { ...base, predecessors, programs: { ...base.programs, launchctl } };
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("takes no role before somebody wants it, nor before there is a lease, nor while launchd is silent", async () => {
    expect(await reconcile()).toContain(`${loop} restores as before`);
    writeWish(root, "replaced");
    expect(await reconcile({ read: { kind: "missing" } })).toContain(
      "until the lease is there to be read, which is missing",
    );
    settings = { ...settings, programs: { ...settings.programs, launchctl: "/bin/false" } };
    expect(await reconcile()).toBe(`launchd does not say whether ${loop} runs`);
    expect(existsSync(join(root, "agents", `${loop}.plist`))).toBe(true);
    rmSync(join(root, "agents", `${loop}.plist`));
    expect(await reconcile()).toBe(`launchd does not say whether ${loop} runs`);
    expect(restored()).toBe(true);
  });

  it("takes no role when launchd falls silent while the loop is to end", async () => {
    writeWish(root, "replaced");
    const launchctl = join(root, "launchctl");
    writeFileSync(
      launchctl,
      `#!/bin/sh\ncd ${root}\ncase $1 in print) test ! -e asked && touch asked;; *) exit 1;; esac\n`,
    );
    expect(await reconcile()).toBe(`launchd does not say whether ${loop} runs`);
    expect(restored()).toBe(true);
  });

  it("says that nobody restores when the loop is there and not loaded", async () => {
    rmSync(join(root, "loaded"));
    expect(await reconcile()).toMatch(
      /^nobody restores: .*restore is not loaded, and launchd loads it at the next login; bin/,
    );
  });

  it("ends a loop of a background session, and loads it there again", async () => {
    const verbs = "print) test -e loaded || exit 113;; bootout) rm loaded;; bootstrap) touch loaded;;";
    const script = `case $2 in gui/*) case $1 in print) exit 113;; *) exit 3;; esac;; esac\ncase $1 in ${verbs} esac`;
    writeFileSync(join(root, "launchctl"), `#!/bin/sh\ncd ${root}\n${script}\n`);
    expect(await reconcile()).toContain(`${loop} restores as before`);
    writeWish(root, "replaced");
    expect(await reconcile()).toBeUndefined();
    expect([existsSync(join(root, "loaded")), restored()]).toEqual([false, false]);
    writeWish(root, "running");
    expect(await reconcile()).toContain("restores again, as was asked");
    expect(existsSync(join(root, "loaded"))).toBe(true);
  });

  it("puts a list back as it was, byte by byte: launchd reads binary ones too", async () => {
    const list = join(root, "agents", `${loop}.plist`);
    const bytes = Buffer.from([0x62, 0x70, 0x6c, 0x69, 0x73, 0x74, 0x30, 0x30, 0xd1, 0xff, 0x00, 0x80]);
    writeFileSync(list, bytes);
    writeWish(root, "replaced");
    await reconcile();
    writeWish(root, "running");
    await reconcile();
    expect(readFileSync(list)).toEqual(bytes);
  });

  it("keeps the loop's list and what it restored, which are no databases of its own", async () => {
    writeWish(root, "replaced");
    expect(await reconcile()).toBeUndefined();
    expect([restored(), existsSync(join(root, "loaded")), readdirSync(join(root, "agents"))]).toEqual([
      false,
      false,
      [],
    ]);
    const [copies = "", list] = readdirSync(join(root, "replaced")).sort((one, other) => (one < other ? 1 : -1));
    expect([copies, list]).toEqual([expect.stringMatching(/^copies-/), `${loop}.plist`]);
    expect(readFileSync(join(root, "replaced", copies, "tasks.db"), "utf8")).toBe("rows");
    expect(await reconcile()).toBeUndefined();
  });

  it("does not go back while ours replicate, nor as the primary after a failover", async () => {
    writeWish(root, "replaced");
    await reconcile();
    writeWish(root, "running");
    expect(await reconcile({ replicating: true })).toContain("ours stop");
    expect(existsSync(join(root, "loaded"))).toBe(false);
    const role = { ...readRole(root), role: "primary" } as const;
    const lease = { ...read.lease, primary: "forge" };
    expect(await reconcile({ role, read: { ...read, lease } })).toBeUndefined();
    expect(existsSync(join(root, "loaded"))).toBe(false);
    // What it wrote as the primary is set aside first, when it is the standby again: the wish has ended with the failover.
    expect(await reconcile({ role })).toBeUndefined();
    writeWish(root, "running");
    expect(await reconcile()).toContain("restores again, as was asked");
    expect(readFileSync(join(root, "agents", `${loop}.plist`), "utf8")).toBe("a list");
  });

  it("does not go back in the middle of a change of role, nor after a failover while the store is silent", async () => {
    writeWish(root, "replaced");
    await reconcile();
    for (const role of ["demoting", "promoting", "fenced"] as const) {
      writeWish(root, "running");
      expect(await reconcile({ role: { ...readRole(root), role } })).toBeUndefined();
    }
    const role = { ...readRole(root), role: "primary", primary: "forge" } as const;
    expect(await reconcile({ role, read: { kind: "unreachable", reason: "no answer" } })).toBeUndefined();
    expect(existsSync(join(root, "loaded"))).toBe(false);
    expect(readWish(root)?.wanted).toBe("replaced");
  });
});

describe("a host on which nothing else replicates", () => {
  it("serves at once, and has nothing to replace", async () => {
    const host = await PredecessorHost.begin(false);
    try {
      expect(await host.install()).not.toContain(label);
      host.giveSecrets();
      await until("ours run", () => host.replicates("ours"));
      const { status, output } = await host.replace();
      expect([status, output]).toEqual([0, `anvil: nothing to do: ${label} does not run here\n`]);
      writeFileSync(host.list, "a list");
      const beside = await host.replace();
      const why = `ours serve already, as primary, and ${label} would be loaded beside them at the next login: mv '${host.list}'`;
      expect([beside.status, beside.output]).toEqual([5, expect.stringContaining(why)]);
      rmSync(host.list);
      const back = await host.replace("--back");
      expect([back.status, back.output]).toEqual([5, expect.stringContaining("has no property list")]);
      await host.unload("no.alai.lease");
      expect((await host.replace("--back")).output).toContain(
        "no.alai.lease is not loaded: npm run up -- --stack hosts",
      );
      expect(host.who()).toBe("ours");
    } finally {
      await host.end();
    }
  }, 60_000);
});
