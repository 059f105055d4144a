import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { commandNames } from "../../cli/commands";
import { rememberToken } from "../../lib/session-tokens";
import { DiskWorld } from "../../sandbox/world/disk-world";
import { type CommandRun, runCommand } from "../cli/run-command";
import { runHere } from "../cli/run-here";
import { LocalServer } from "../operations/delivery/local-server";
import { expectNoSecretKept, expectNoSecretPrinted } from "./secrets";

const directory = mkdtempSync(join(tmpdir(), "canaries-"));
const sandbox = join(directory, "sandbox");
const reports = join(directory, "reports");

/** What a person types when a command asks for a value. */
const typed = "canary-typed/4711+of=a-vault";
const variables = [
  ...["CLOUDFLARE_API_TOKEN", "GITHUB_TOKEN", "RUN_TOKEN", "TAILSCALE_API_KEY", "PULUMI_ACCESS_TOKEN"],
  ...["ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET", "AZURE_STORAGE_KEY", "PULUMI_CONFIG_PASSPHRASE"],
  "AZURE_STORAGE_CONNECTION_STRING",
  ...["INCIDENT_PAGERDUTY_KEY", "LITESTREAM_AZURE_ACCOUNT_KEY"],
];
const webhooks = ["DRIFT", "INCIDENT", "RELEASE", "RESTORE_TEST"].map((name) => `${name}_SLACK_WEBHOOK`);
const canaryOf = (variable: string) => Buffer.from(`canary-${variable}`).toString("base64");
const hookOf = (variable: string) => `/services/canary-${variable.toLowerCase()}`;
/** What a service gave a session, such as that of `az login`. */
const session = "canary-session/4711+of=somebody";
const canaries = [...variables.map(canaryOf), ...webhooks.map(hookOf), typed, session];
const value = "token-signing-key";

/** A command line; what is typed for it; and how it ends, with its clouds and without. */
interface Line {
  readonly line: string;
  readonly input?: string;
  /** What the environment has besides. */
  readonly given?: Readonly<Record<string, string>>;
  readonly exit: number;
  /** Undefined for one that asks no cloud. */
  readonly exitWithout?: number;
}

const dr = "--stack latticeforge-dr";
const prod = "--stack latticeforge-prod";
const subscription = "11111111-2222-4333-8444-555555555551";
const elsewhere = "test/acceptance/secrets.test.ts runs it on programs with secrets";
const asksNothing = "it has no account, no vault and no state to read a secret from";

/** For every command the lines that are run here; or why none is. */
const lines: Readonly<Record<string, readonly Line[] | string>> = {
  adopt: [{ line: "adopt --stack prod --dry-run", exit: 0, exitWithout: 1 }],
  affected: asksNothing,
  "alert-test": [{ line: `alert-test ${prod}`, exit: 0, exitWithout: 1 }],
  approval: [{ line: "approval --stack prod", exit: 1 }],
  bench: asksNothing,
  "break-glass-review": [{ line: "break-glass-review", exit: 1 }],
  "cloudflare-addresses": asksNothing,
  conformance: asksNothing,
  cutover: [{ line: "cutover --site getdrop.no --dry-run", exit: 0, exitWithout: 1 }],
  destroy: elsewhere,
  doctor: [{ line: `doctor ${dr} --json`, exit: 2, exitWithout: 3 }],
  drift: elsewhere,
  drill: "test/operations/drill/run-drill.test.ts looks through all that one leaves",
  failover: "test/programs/host/failover-program.test.ts runs it with a canary",
  generate: asksNothing,
  maintenance: [
    { line: `maintenance ${prod} --service api --for 2h --reason drill --yes`, exit: 0, exitWithout: 1 },
    { line: `maintenance ${prod} --list`, exit: 0, exitWithout: 1 },
    { line: `maintenance ${prod} --end --yes`, exit: 0, exitWithout: 1 },
  ],
  "new-environment": [
    { line: `new-environment --system kimberly --environment demo --subscription ${subscription} --dry-run`, exit: 0 },
  ],
  "new-site": [{ line: "new-site --domain new.alai.no --zone alai.no --repository alai-new-web --dry-run", exit: 0 }],
  "new-system": [
    { line: `new-system --system acme --environments prod --subscription ${subscription} --dry-run`, exit: 0 },
  ],
  outputs: elsewhere,
  policies: asksNothing,
  preview: elsewhere,
  prices: asksNothing,
  "real-engine": asksNothing,
  reap: [{ line: "reap --dry-run", exit: 0, exitWithout: 1 }],
  refresh: elsewhere,
  release: [
    { line: `release ${prod} --service api --digest sha256:${"1".repeat(64)} --yes --json`, exit: 5, exitWithout: 1 },
  ],
  releases: [{ line: `releases ${prod}`, exit: 0, exitWithout: 1 }],
  report: "test/operations/report/report.test.ts reports on secrets",
  "restore-test": [
    // Where there is none, it would be built, which takes a minute.
    { line: `restore-test --stack prod --output ${reports}/restore`, given: { LITESTREAM: process.execPath }, exit: 3 },
  ],
  rollback: [{ line: `rollback ${prod} --service api --yes`, exit: 5, exitWithout: 1 }],
  secret: [
    { line: `secret set ${prod} --name ${value}`, input: `${typed}\n`, exit: 0, exitWithout: 1 },
    { line: `secret rotate ${prod} --name ${value}`, input: `${typed}\n`, exit: 0, exitWithout: 1 },
    { line: `secret list ${prod} --json`, exit: 0, exitWithout: 1 },
  ],
  start: elsewhere,
  state: [{ line: "state --stack prod", exit: 0 }],
  status: [
    { line: "status", exit: 0, exitWithout: 0 },
    { line: "status --json", exit: 0, exitWithout: 0 },
    { line: `status ${prod} --recovered`, exit: 4, exitWithout: 4 },
    { line: "status --digest", exit: 1 },
    { line: "status --digest", given: { GITHUB_REPOSITORY: "" }, exit: 4 },
  ],
  takeover: [
    { line: `takeover ${dr} --planned --dry-run --output ${reports}/takeover`, exit: 0, exitWithout: 5 },
    { line: `takeover ${dr} --planned --yes --output ${reports}/takeover`, exit: 0, exitWithout: 5 },
  ],
  up: elsewhere,
};

const runs = Object.values(lines).flatMap((entry) => (typeof entry === "string" ? [] : entry));

let services: LocalServer;
let environment: Readonly<Record<string, string>>;
/** As the commands have it: the functions of a module's namespace cannot be watched. */
const calls: typeof import("node:child_process") = createRequire(__filename)("node:child_process");
const watched = () => [vi.spyOn(calls, "spawn"), vi.spyOn(calls, "execFile"), vi.spyOn(calls, "execFileSync")];
let started: ReturnType<typeof watched>;

beforeAll(async () => {
  // GitHub, Slack and the store take nothing, and say what they were sent.
  services = await LocalServer.start(({ path, headers, body }) => ({
    status: 401,
    body: `${path} ${JSON.stringify(headers)} ${body}`,
  }));
  environment = {
    ...Object.fromEntries(variables.map((name) => [name, canaryOf(name)])),
    ...Object.fromEntries(webhooks.map((name) => [name, `${services.url}${hookOf(name)}`])),
    ...{ GITHUB_API_URL: services.url, GITHUB_REPOSITORY: "owner/repo", BACKUP_STORE_ENDPOINT: services.url },
    ...{ SANDBOX_DIRECTORY: sandbox },
  };
  for (const stack of ["latticeforge-dr", "prod"]) {
    const { exitCode, errors } = await runHere(["start", "--stack", stack], environment);
    expect([exitCode, errors]).toEqual([0, expect.anything()]);
  }
}, 120_000);
beforeEach(() => {
  started = watched();
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(async () => {
  await services.stop();
  rmSync(directory, { recursive: true });
});

const run = ({ line, input = "", given = {} }: Line) => runHere(line.split(" "), { ...environment, ...given }, input);

/** Of what a run prints, and of what it starts. */
function expectNoCanary(result: CommandRun): void {
  expectNoSecretPrinted(result, canaries);
  const told = JSON.stringify(started.flatMap(({ mock }) => mock.calls.map(([program, args]) => [program, args])));
  expect(canaries.filter((canary) => told.includes(canary))).toEqual([]);
}

describe("secrets of the environment, and those that are typed", () => {
  it("are looked for in every command", () => {
    const told = "the table of lines has one of each command, or the reason why none is run";
    expect(Object.keys(lines), told).toEqual(commandNames());
  });

  it.each(runs)("are nowhere after $line", async (line) => {
    const result = await run(line);
    expect([result.exitCode, result.errors]).toEqual([line.exit, expect.anything()]);
    expectNoCanary(result);
  });

  it.each(runs.filter(({ exitWithout }) => exitWithout !== undefined))(
    "are nowhere after $line, when its clouds fail and quote what they know",
    async (line) => {
      const failing = async () => {
        const known = [
          ...[...variables, ...webhooks].map((name) => environment[name]),
          ...[line.input, rememberToken(session)],
        ];
        throw new Error(`POST https://cloud.example/x failed (500): {"sent":${JSON.stringify(known.join(" "))}}`);
      };
      for (const method of ["transact", "read"] as const)
        vi.spyOn(DiskWorld.prototype, method).mockImplementation(failing);
      const result = await run(line);
      expect([result.exitCode, result.errors]).toEqual([line.exitWithout, expect.anything()]);
      expect(result.output + result.errors).toContain("cloud.example");
      expectNoCanary(result);
    },
  );

  it("are nowhere on a screen that is drawn again", async () => {
    const interruption = new AbortController();
    setTimeout(() => interruption.abort(), 2500);
    const result = await runCommand(["status", "--watch"], environment, undefined, interruption.signal);
    expect(result.output).toContain("latticeforge-prod");
    expectNoCanary(result);
  });

  it("are in no file that any of these has left", () => {
    expect(existsSync(join(reports, "takeover"))).toBe(true);
    expectNoSecretKept(directory, canaries);
  });
});
