import { describe, expect, it } from "vitest";
import { decide, type Facts } from "../../../programs/host/agents/lease/decision";
import {
  askForHandover,
  fence,
  firstLease,
  type Lease,
  nextTerm,
  type RoleFile,
} from "../../../programs/host/lease/lease";

const now = "2026-11-21T11:00:00.000Z";
const later = "2026-11-21T11:00:03.000Z";
const first = firstLease("anvil", now);
const anvil = { host: "anvil", intendedRole: "primary" } as const;
const forge = { host: "forge", intendedRole: "standby" } as const;

function facts(lease: Lease | undefined, more: Partial<Facts> = {}): Facts {
  const read: Facts["read"] = lease === undefined ? { kind: "missing" } : { kind: "found", lease, etag: "1" };
  return { read, ownDatabases: true, replicating: false, ...more };
}

function memory(role: RoleFile["role"], lease: Lease = first): RoleFile {
  return { role, term: lease.term, path: lease.path, primary: lease.primary, since: now, confirmedAt: now };
}

const fresh: RoleFile = { role: "undecided", term: 0, since: now };

describe("the first lease", () => {
  it("is written by the intended primary only, and only by one that never saw a term", () => {
    expect(decide(fresh, facts(undefined), anvil, now).action).toEqual({ kind: "create-lease" });
    expect(decide(fresh, facts(undefined), forge, now).action).toBeUndefined();
    const gone = decide(memory("primary"), facts(undefined), anvil, later);
    expect(gone.action).toBeUndefined();
    expect(gone.memory).toMatchObject({ role: "primary", confirmedAt: now });
    expect(gone.memory.problem).toContain("the lease is gone; its last term was 1");
  });
});

describe("a primary", () => {
  it("goes on without the store, unconfirmed", () => {
    const read: Facts["read"] = { kind: "unreachable", reason: "no answer in time" };
    const { memory: after } = decide(memory("primary"), { ...facts(first), read }, anvil, later);
    expect(after).toMatchObject({ role: "primary", term: 1, confirmedAt: now });
  });

  it("does nothing on a corrupt lease, one that went back, and one that changed within its term", () => {
    const second = nextTerm(first, "forge", "x", now);
    const cases: readonly Facts[] = [
      { ...facts(first), read: { kind: "corrupt", problem: "the lease is corrupt" } },
      facts(first),
      facts({ ...second, path: "litestream/other" }),
      facts({ ...second, primary: "forge" }),
    ];
    for (const seen of cases) {
      const before = { ...memory("primary", { ...second, primary: "anvil" }) };
      const decision = decide(before, seen, anvil, later);
      expect(decision.memory).toMatchObject({ role: "primary", confirmedAt: now });
      expect(decision.memory.problem).toBeDefined();
      expect(decision.action).toBeUndefined();
    }
  });

  it("that was deposed demotes itself first, waits for Litestream, sets aside, and only then follows", () => {
    const second = nextTerm(first, "forge", "anvil is gone", now);
    const demoting = decide(memory("primary"), facts(second, { replicating: true }), anvil, later);
    expect(demoting).toMatchObject({ memory: { role: "demoting", term: 2, deposed: { term: 1, path: first.path } } });
    expect(demoting.action).toBeUndefined();
    const waiting = decide(demoting.memory, facts(second, { replicating: true }), anvil, later);
    expect(waiting.action).toBeUndefined();
    const moving = decide(demoting.memory, facts(second), anvil, later);
    expect(moving.action).toEqual({ kind: "set-aside", term: 1, path: first.path });
    const done = decide(moving.memory, facts(second, { ownDatabases: false }), anvil, later);
    expect(done.memory).toMatchObject({ role: "standby", term: 2, primary: "forge" });
    expect(done.memory.deposed).toBeUndefined();
  });

  it("that missed a term of the other host sets its older history aside before it is promoted", () => {
    const third = nextTerm(nextTerm(first, "forge", "x", now), "anvil", "x", now);
    const demoting = decide(memory("primary"), facts(third), anvil, later);
    expect(demoting.memory).toMatchObject({ role: "demoting", deposed: { term: 1 } });
    expect(decide(demoting.memory, facts(third), anvil, later).action).toMatchObject({ kind: "set-aside", term: 1 });
    const promoting = decide(demoting.memory, facts(third, { ownDatabases: false }), anvil, later);
    expect(promoting.memory.role).toBe("promoting");
  });

  it("whose own term is followed by another of its own goes on with its databases", () => {
    const second = nextTerm(first, "anvil", "x", now);
    expect(decide(memory("primary"), facts(second), anvil, later).memory).toMatchObject({
      role: "primary",
      path: second.path,
    });
  });
});

describe("a primary that saw no lease for long", () => {
  it("does not go on when the other host served between two terms of its own", () => {
    const third = nextTerm(nextTerm(first, "forge", "x", now), "anvil", "x", now);
    const fourth = nextTerm(third, "anvil", "x", now);
    expect(decide(memory("primary"), facts(fourth), anvil, later).memory.role).toBe("demoting");
  });
});

describe("a handover", () => {
  const asked = askForHandover(first, "forge", now);

  it("is answered when everything was sent and Litestream has ended, not before", () => {
    const stopped = decide(memory("primary"), facts(asked, { replicating: true }), anvil, later);
    expect(stopped).toMatchObject({ memory: { role: "fenced" } });
    expect(stopped.action).toBeUndefined();
    const sent = { tasks: "0000000000000007" };
    expect(decide(stopped.memory, facts(asked), anvil, later).action).toBeUndefined();
    expect(decide(stopped.memory, facts(asked, { sent, replicating: true }), anvil, later).action).toBeUndefined();
    expect(decide(stopped.memory, facts(asked, { sent }), anvil, later).action).toMatchObject({
      kind: "fence",
      to: "forge",
      sent,
    });
  });

  it("that is called off lets the primary serve on, also when it was fenced", () => {
    expect(decide(memory("fenced"), facts(first), anvil, later).memory.role).toBe("primary");
    const over = fence(first, "forge", {}, now);
    expect(decide(memory("fenced"), facts(over), anvil, later).memory.role).toBe("fenced");
    expect(decide(memory("primary"), facts(over), anvil, later).memory.role).toBe("fenced");
  });
});

describe("a standby", () => {
  it("is primary only once the databases of just this term are in place", () => {
    const second = nextTerm(first, "forge", "x", now);
    const promoting = decide(memory("standby"), facts(second, { ownDatabases: false }), forge, later);
    expect(promoting.memory.role).toBe("promoting");
    expect(decide(promoting.memory, facts(second, { promotedTerm: 1 }), forge, later).memory.role).toBe("promoting");
    expect(decide(promoting.memory, facts(second, { promotedTerm: 2 }), forge, later).memory.role).toBe("primary");
  });

  it("with databases of its own, from before it was one, sets them aside", () => {
    const demoting = decide(fresh, facts(first), forge, now);
    expect(demoting.memory.role).toBe("demoting");
    expect(decide(demoting.memory, facts(first), forge, now).action).toMatchObject({ kind: "set-aside", term: 0 });
  });
});
