import { describe, expect, it } from "vitest";
import { lockHolders, lockVerdict, runnerHostName } from "../../operations/delivery/stale-lock";

/** As Pulumi 3.260 says it of a stack in a self-managed backend. */
function locked(...holders: readonly string[]): string {
  const lines = holders.map(
    (holder, index) =>
      `  azblob://prod/.pulumi/locks/organization/landscape/prod/${index}.json: created by ${holder} (pid 2143) at 2026-01-01T10:00:00Z`,
  );
  return `error: the stack is currently locked by ${holders.length} lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.\n${lines.join("\n")}`;
}

const runs = new Map([
  [100, { status: "completed", attempt: 1 }],
  [101, { status: "in_progress", attempt: 2 }],
]);
const verdict = (message: string) => lockVerdict(lockHolders(message), async (id) => runs.get(id));

describe("a stale lock", () => {
  it("names its owner", () => {
    expect(lockHolders(locked("runner@run-100-1", "ann@laptop"))).toEqual([
      { user: "runner", host: "run-100-1", since: "2026-01-01T10:00:00Z" },
      { user: "ann", host: "laptop", since: "2026-01-01T10:00:00Z" },
    ]);
  });

  it("is broken when the run that took it has ended, or an attempt of it was followed by another", async () => {
    expect(await verdict(locked(`runner@${runnerHostName(100, 1)}`))).toMatchObject({ stale: true });
    expect(await verdict(locked("runner@run-101-1"))).toMatchObject({ stale: true });
  });

  it.each([
    ["the run goes on", ["runner@run-101-2"], "is in_progress"],
    ["a person holds it", ["ann@laptop"], "which is no workflow run"],
    ["GitHub does not know the run", ["runner@run-999-1"], "GitHub knows no run 999"],
    ["one of two holders is alive", ["runner@run-100-1", "runner@run-101-2"], "is in_progress"],
    ["nobody can be read from it", [], "nobody can be read"],
  ])("is left alone when %s", async (_why, holders, expected) => {
    expect(await verdict(locked(...holders))).toMatchObject({ stale: false, why: expect.stringContaining(expected) });
  });

  it("is left alone when GitHub does not answer", async () => {
    const asking = lockVerdict(lockHolders(locked("runner@run-100-1")), async () => {
      throw new Error("GitHub answers 502");
    });
    await expect(asking).rejects.toThrow("502");
  });
});
