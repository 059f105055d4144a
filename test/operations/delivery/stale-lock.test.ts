import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { judgeLock, parseLockHolders, runnerHostName } from "../../../operations/delivery/stale-lock";
import { runHere } from "../../cli/run-here";
import { installFakePulumi } from "../../deployment/automation/fake-pulumi";
import { LocalServer } from "./local-server";

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
const verdict = (message: string) => judgeLock(parseLockHolders(message), async (id) => runs.get(id));

describe("a stale lock", () => {
  it("names its owner", () => {
    expect(parseLockHolders(locked("runner@run-100-1", "ann@laptop"))).toEqual([
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
    const asking = judgeLock(parseLockHolders(locked("runner@run-100-1")), async () => {
      throw new Error("GitHub answers 502");
    });
    await expect(asking).rejects.toThrow("502");
  });
});

describe("up --break-stale-lock on the real engine", () => {
  const directory = mkdtempSync(join(tmpdir(), "stale-lock-"));
  writeFileSync(join(directory, "Pulumi.yaml"), "name: conformance\nruntime: nodejs\n");
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const up = async (holder: string, ...more: readonly string[]) => {
    const pulumi = installFakePulumi(join(directory, "bin"), "recordings/02-create");
    const github = await LocalServer.start(({ path }) =>
      path.endsWith("/actions/runs/100")
        ? { status: 200, body: { status: "completed", run_attempt: 1 } }
        : { status: 200, body: { status: "in_progress", run_attempt: 1 } },
    );
    const args = ["up", "--stack", "dev", "--engine", "pulumi", "--cwd", directory, "--yes", "--skip-preview", ...more];
    const environment = { GITHUB_API_URL: github.url, GITHUB_REPOSITORY: "alai-org/alai-infra", RUN_TOKEN: "token" };
    const run = await runHere(args, { PATH: pulumi.path, FAKE_LOCKED: holder, ...environment });
    await github.stop();
    const told = pulumi.commands().map((command) => command.split(" ")[0]);
    return { ...run, verbs: told.filter((verb) => verb === "up" || verb === "cancel") };
  };

  it("cancels the run that is gone, and then applies", async () => {
    const run = await up("runner@run-100-1", "--break-stale-lock");
    expect(run.exitCode, run.output + run.errors).toBe(0);
    expect(run.output).toContain("The lock is broken: run 100 took it at 2026-01-01T10:00:00Z and has ended");
    expect(run.verbs).toEqual(["up", "cancel", "up"]);
  });

  it("leaves the lock of a run that goes on, applies nothing and says why", async () => {
    const run = await up("runner@run-101-1", "--break-stale-lock");
    expect(run.exitCode).toBe(1);
    const why = "The lock stays: run 101 took it at 2026-01-01T10:00:00Z and is in_progress";
    expect(run.errors + run.output).toContain(why);
    expect(run.verbs).toEqual(["up"]);
  });

  it("asks nobody and breaks nothing unless it is told to", async () => {
    const run = await up("runner@run-100-1");
    expect(run.exitCode).toBe(1);
    expect(run.verbs).toEqual(["up"]);
  });
});
