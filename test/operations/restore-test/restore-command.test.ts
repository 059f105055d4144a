import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { command } from "../../../cli/commands/restore-test";
import type { OptionValues } from "../../../cli/options";
import { terminalOf } from "../../../deployment/display/terminal";
import { startServer } from "../../components/script-run";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "restore-command-"));
  for (const name of ["sqlite3", "litestream"]) writeFileSync(join(directory, name), "#!/bin/sh\n", { mode: 0o755 });
  vi.stubEnv("PATH", `${directory}${delimiter}${process.env.PATH}`);
  vi.stubEnv("LITESTREAM", join(directory, "litestream"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

function run(options: OptionValues<typeof command.options>) {
  return command.run({
    command: "restore-test",
    offered: command.options,
    options: { stack: "prod", output: directory, ...options },
    stack: "none",
    engine: "sandbox",
    output: terminalOf(process.stdout, {}),
    signal: new AbortController().signal,
    say: () => undefined,
    open: () => Promise.reject(new Error("no engine is needed")),
  });
}

describe("npm run restore-test", () => {
  it("tells the channel that nothing could be tested, and ends with 3 when the store lets nobody in", async () => {
    const store = await startServer(() => ({ status: 403 }));
    const slack = await startServer(() => ({ status: 200 }));
    vi.stubEnv("BACKUP_STORE_ENDPOINT", store.url);
    vi.stubEnv("LITESTREAM_AZURE_ACCOUNT_KEY", Buffer.from("canary").toString("base64"));
    vi.stubEnv("RESTORE_TEST_SLACK_WEBHOOK", slack.url);
    // A store quotes what it was sent; here it is a name that the message has.
    vi.stubEnv("QUOTED_TOKEN", "failover/lease.json");
    await expect(run({})).rejects.toMatchObject({ exitCode: 3, message: expect.stringContaining("cannot be read at") });
    const [message] = slack.received.map(({ body }) => JSON.parse(body.toString()).text);
    expect(slack.received).toHaveLength(1);
    expect(message).toContain("Restore test of prod: no backup could be tested: the lease [secret] cannot");
  });

  it("refuses a stack that no hosts replicate for, naming those that they do, and one that is not defined", async () => {
    const refused = run({ stack: "dev" });
    await expect(refused).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/for "dev"; .* prod\./),
    });
    await expect(run({ stack: "shop" })).rejects.toThrow('stack "shop": it is not defined');
  });

  it("refuses live databases where there are none, and to compare copies with them", async () => {
    await expect(run({ live: directory, copies: true })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(
        /holds none of the databases, such as .*\.db.*\n.*use --copies or --live, not both/,
      ),
    });
  });
});
