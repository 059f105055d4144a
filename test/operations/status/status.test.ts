import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { inOwnBackend } from "../../../cli/own-backend";
import { plainPaint } from "../../../deployment/display/terminal";
import { tryLock } from "../../../lib/lock/lock-file.cjs";
import { dayAfter, today } from "../../../lib/today";
import { AzureContainerApps } from "../../../operations/delivery/azure-container-apps";
import { AzureAlertProcessing } from "../../../operations/maintenance/alert-processing";
import { BlobJournals } from "../../../operations/release/release-journal";
import { listAttention } from "../../../operations/status/attention";
import { AzureReadings } from "../../../operations/status/cloud-readings";
import { recoveryChecklist } from "../../../operations/status/recovery-checklist";
import { readRetirements } from "../../../operations/status/retirements";
import { readStackStatus, type StackStatus } from "../../../operations/status/stack-status";
import { lastUpdateOf, readLockOwner } from "../../../operations/status/stack-updates";
import { statusTable } from "../../../operations/status/status-table";
import { digestLines, mergedTitles } from "../../../operations/status/weekly-digest";
import { EmulatedContainerApps } from "../../../sandbox/clouds/azure-native/app/container-app-calls";
import { backupType } from "../../../sandbox/clouds/emulated-readings";
import { openWorld } from "../../../sandbox/world/open-world";
import type { WorldTransaction } from "../../../sandbox/world/world";
import { repository } from "../../cli/run-command";
import { runHere } from "../../cli/run-here";
import { LocalServer } from "../delivery/local-server";

const directory = mkdtempSync(join(tmpdir(), "status-"));
const sandbox = join(directory, "sandbox");
const stack = "betterworld-staging";
const run = (args: readonly string[], environment = {}) =>
  runHere(args, { SANDBOX_DIRECTORY: sandbox, ...environment });
const readReport = async (...args: readonly string[]) => JSON.parse((await run(["status", "--json", ...args])).output);

beforeAll(async () => {
  const { exitCode, output } = await run(["start", "--stack", stack]);
  expect([exitCode, exitCode === 0 ? "" : output]).toEqual([0, ""]);
}, 120_000);
afterAll(() => rmSync(directory, { recursive: true }));

async function changeWorld(change: (world: WorldTransaction) => void): Promise<void> {
  const world = await openWorld(sandbox);
  await world.transact(change);
  world.close();
}

function only(world: WorldTransaction, kind: string, name = "") {
  const found = world.list(kind).find(({ id }) => id.endsWith(name));
  if (found === undefined) throw new Error(`the world has no ${kind} ${name}`);
  return found;
}

const seconds = (day: string) => Date.parse(day) / 1000;

describe("status", () => {
  it("says on one screen of every stack how it is, and which was never deployed", async () => {
    const { exitCode, output } = await run(["status"]);
    expect(exitCode).toBe(0);
    const lines = output.trimEnd().split("\n");
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.length).toBeLessThan(30);
    expect(lines).toContain("prod                 never deployed");
    expect(output).toMatch(/^betterworld-staging +\d+ min ago +\S+ +\d+ unset +\d+ +\d+ +\? +0\/\d+$/m);
    expect(output).toContain(
      "backups of server postgres of betterworld-staging\n    the emulated server takes no backups",
    );
    expect(output).toMatch(
      /^! betterworld-staging: \d+ secrets are not set: .*\n {4}npm run secret -- list --stack betterworld-staging$/m,
    );
  });

  it("reads of a stack who changed it, and says of another name that there is none", async () => {
    const { stacks } = await readReport("--stack", stack);
    expect(stacks).toHaveLength(1);
    expect(stacks[0]).toMatchObject({
      lastUpdate: { value: { kind: "up", result: "succeeded", by: expect.stringMatching(/^\S+@\S+$/) } },
      lock: {},
    });
    expect(stacks[0].exceptions).toContainEqual(expect.objectContaining({ rule: "vault-secret-expiry" }));
    const unknown = await run(["status", "--stack", "betterworld"]);
    expect([unknown.exitCode, unknown.errors]).toEqual([6, expect.stringContaining("betterworld-prod")]);
  });

  it("says first what needs a person, with what mends it, and no secret of the environment", async () => {
    const canary = "canary-4711-of-cloudflare";
    await changeWorld((world) => {
      const [secret, brought, endless] = ["sentry-dsn", "token-signing-key", "model-api-key"].map((name) =>
        only(world, "azure-native:keyvault:Secret", name),
      );
      if (secret === undefined || brought === undefined || endless === undefined) throw new Error("no secrets");
      const set = (object: typeof secret, day?: string) => {
        const attributes = day === undefined ? {} : { expires: seconds(day) };
        world.put({ ...object, properties: { ...object.properties, properties: { attributes } } });
      };
      // As the portal sets one. The program's own, of R2, have no expiry either, and are no person's.
      set(endless);
      set(secret, dayAfter(today(), -1));
      set(brought, dayAfter(today(), 10));
      const budget = only(world, "azure-native:consumption:Budget");
      world.put({ ...budget, properties: { ...budget.properties, currentSpend: { amount: 99_999, unit: "EUR" } } });
      const server = only(world, "azure-native:dbforpostgresql:Server");
      const backup = { kind: backupType, id: `${server.id}/backups/one`, cloud: "azure" } as const;
      world.put({ ...backup, properties: { completedTime: `${dayAfter(today(), -3)}T00:00:00Z` } });
      const group = only(world, "azure-native:resources:ResourceGroup", stack);
      const alert = { kind: "azure-native:alertsmanagement:Alert", id: `${group.id}/alert`, cloud: "azure" } as const;
      world.put({ ...alert, properties: { rule: `api down ${canary}`, severity: 1 } });
      const job = only(world, "azure-native:app:Job", "migrations");
      const execution = {
        kind: "azure-native:app:JobExecution",
        id: `${job.id}/executions/m-1`,
        cloud: "azure",
      } as const;
      world.put({ ...execution, properties: { name: "m-1", status: "Failed", startTime: `${today()}T00:00:00Z` } });
    });
    const world = await openWorld(sandbox);
    const apps = new EmulatedContainerApps(async () => world);
    const api = (await world.objects()).find(({ id }) => id.endsWith("/containerApps/betterworld-staging-api"));
    const journal = {
      ...{ version: 1, phase: "releasing", image: "i", by: "ann", began: "2026-11-30T10:00:00Z", canary: true },
      ...{ step: 1, failures: 0, stable: "s", stableImage: "i" },
    };
    await apps.holdText(
      api?.id ?? "",
      () => new Error("held"),
      (write) => write(JSON.stringify(journal)),
    );
    world.close();
    const lock = tryLock(join(sandbox, "state", "landscape", `${stack}.lock`), "up");
    const { output } = await run(["status", "--json"], { CLOUDFLARE_API_TOKEN: canary });
    if (lock.taken) lock.release();
    expect(output).not.toContain(canary);
    const { attention, stacks } = JSON.parse(output);
    const told = attention.map(({ when, what }: { when: string; what: string }) => `${when} ${what}`);
    expect(told).toEqual([
      "now alert api down [secret] fires, severity 1",
      "now api: releasing by ann since 2026-11-30T10:00:00Z, not ended",
      expect.stringMatching(/^now job migrations: m-1 failed$/),
      expect.stringMatching(/^now the newest backup of server postgres is of /),
      expect.stringMatching(/^now \d+ secrets are not set: dumps-key, /),
      `now secret sentry-dsn expired on ${dayAfter(today(), -1)}`,
      expect.stringMatching(/^now 99999 of \d+ EUR are spent this month$/),
      "soon secret model-api-key says no expiry",
      `soon secret token-signing-key expires on ${dayAfter(today(), 10)}`,
    ]);
    expect(attention.every(({ mend }: { mend: string }) => mend !== "")).toBe(true);
    const held = stacks.find((one: StackStatus) => one.stack === stack).lock;
    expect(held.value).toMatchObject({ purpose: "up", user: expect.any(String) });
    expect((await run(["status", "--stack", stack])).output).toMatch(/^betterworld-staging +\d+ min ago/m);
  });
});

describe("a maintenance window", () => {
  afterEach(() =>
    changeWorld((world) => {
      for (const { kind, id } of world.list("azure-native:alertsmanagement:Alert")) world.delete(kind, id);
    }),
  );
  const maintenance = (...args: readonly string[]) => run(["maintenance", "--stack", stack, ...args]);
  const windowsShown = async () =>
    (await readReport("--stack", stack)).attention.filter(({ mend }: { mend: string }) => mend.includes("maintenance"));

  it("is refused with all that is wrong, and without a yes where nobody can be asked", async () => {
    const wrong = await maintenance("--for", "25h");
    expect([wrong.exitCode, wrong.errors]).toEqual([2, expect.stringMatching(/--service.*--for 25h.*--reason/s)]);
    const mixed = await maintenance("--list", "--end", "--for", "1h");
    expect([mixed.exitCode, mixed.errors]).toEqual([2, expect.stringMatching(/--list or --end.*--for: only to open/s)]);
    const job = await maintenance("--service", "migrations", "--for", "1h", "--reason", "x", "--yes");
    expect([job.exitCode, job.errors]).toEqual([
      2,
      expect.stringMatching(/has the apps .*api.*; what is told of jobs/),
    ]);
    expect((await maintenance("--all", "--for", "1h", "--reason", "x")).exitCode).toBe(2);
    expect(JSON.parse((await maintenance("--list", "--json")).output)).toEqual({ stack, windows: [] });
  });

  it("tells the channel that it opens, is shown while it is open, and tells what stays when it is closed", async () => {
    const slack = await LocalServer.start(() => ({ status: 200 }));
    const here = (...args: readonly string[]) =>
      run(["maintenance", "--stack", stack, ...args], { RELEASE_SLACK_WEBHOOK: slack.url, GITHUB_ACTOR: "ada" });
    try {
      const reason = ["--reason", "the disk is moved", "--yes"];
      const opened = await here("--service", "api", "--for", "2h", ...reason, "--json");
      expect(opened.exitCode).toBe(0);
      const [window] = JSON.parse(opened.output).opened;
      expect(window).toMatchObject({ critical: false, description: "ada: the disk is moved" });
      expect((await here("--all", "--for", "24h", ...reason)).errors).toContain("for a day at most");
      const shown = `alerts of betterworld-staging-api tell nobody until ${window.until}, but for critical ones: ada: the disk is moved`;
      expect((await here("--list")).output).toContain(shown);
      expect(await windowsShown()).toEqual([expect.objectContaining({ when: "soon", what: shown })]);
      await changeWorld((world) => {
        const began = new Date(Date.parse(window.from) + 1000).toISOString();
        const alert = (rule: string, severity: number, target: string) =>
          world.put({
            ...{ kind: "azure-native:alertsmanagement:Alert", cloud: "azure" },
            ...{ id: `${target.split("/providers/")[0]}/${rule}`, properties: { rule, severity, target, began } },
          });
        alert("cpu-api", 2, window.scope);
        alert("down-api", 0, window.scope);
      });
      const closed = await here("--end", "--json");
      expect([closed.exitCode, JSON.parse(closed.output).closed]).toMatchObject([
        0,
        [{ alerts: [{ rule: "cpu-api" }] }],
      ]);
      expect(closed.errors).toContain("1 closed; 1 alerts that nobody was told of");
      expect(JSON.parse((await here("--end", "--json")).output).closed).toEqual([]);
      const told = slack.seen.map(({ body }): string => JSON.parse(body).text);
      expect(told).toEqual([
        `:no_bell: ${stack}\n• ${shown}`,
        expect.stringMatching(
          /^:warning: .*\n• cpu-api fires, severity 2, since .*; nobody was told: ada: the disk is moved$/,
        ),
      ]);
    } finally {
      await slack.stop();
    }
  });

  it("that is opened again says what it takes the place of, and is one however often an app is named", async () => {
    const open = (length: string, reason: string) =>
      maintenance("--service", "api", "--service", "api", "--for", length, "--reason", reason, "--yes");
    expect((await open("2h", "the disk is moved")).output).toContain("1 open; close with");
    const again = await open("30m", "a restart");
    expect(again.output).toMatch(
      /: a restart\n +instead of: alerts of betterworld-staging-api .*: the disk is moved\n/,
    );
    expect((await maintenance("--end")).output).toContain("1 closed; nothing stays");
  });

  it("that the cloud refuses keeps no other from being opened or closed, and is not told as done", async () => {
    const {
      EmulatedAlertProcessing: Loaded,
    }: typeof import("../../../sandbox/clouds/azure-native/monitor/alert-processing") = createRequire(__filename)(
      join(repository, "sandbox/clouds/azure-native/monitor/alert-processing.ts"),
    );
    const slack = await LocalServer.start(() => ({ status: 200 }));
    const refused = () =>
      vi.spyOn(Loaded.prototype, "write").mockRejectedValueOnce(new Error(`AuthorizationFailed ${slack.url}`));
    try {
      const services = ["--service", "api", "--service", "worker"];
      const open = ["--stack", stack, ...services, "--for", "1h", "--reason", "x", "--yes", "--json"];
      const first = refused();
      const half = await run(["maintenance", ...open], { RELEASE_SLACK_WEBHOOK: slack.url });
      first.mockRestore();
      expect(half.exitCode).toBe(4);
      expect(half.errors).toContain("1 of 2 opened, exit code 4; run it again");
      const { opened, failed } = JSON.parse(half.output);
      expect(opened).toMatchObject([{ scope: expect.stringMatching(/worker$/) }]);
      expect(failed).toEqual([{ scope: expect.stringMatching(/api$/), why: "AuthorizationFailed [secret]" }]);
      expect(slack.seen.map(({ body }) => JSON.parse(body).text)).toEqual([expect.not.stringContaining("-api ")]);
      expect((await run(["maintenance", ...open])).errors).toContain("2 open; close with");
      const second = refused();
      const left = await maintenance("--end", "--json");
      second.mockRestore();
      expect([left.exitCode, JSON.parse(left.output)]).toMatchObject([4, { closed: [{}], failed: [{}] }]);
      expect((await maintenance("--end")).output).toContain("1 closed; nothing stays");
    } finally {
      await slack.stop();
    }
  });

  it("that ended by itself is shown until somebody closes it, and is told before another is opened", async () => {
    const open = ["--all", "--critical", "--for", "1h", "--reason", "restore drill", "--yes"];
    expect((await maintenance(...open)).exitCode).toBe(0);
    await changeWorld((world) => {
      const rule = only(world, "azure-native:alertsmanagement:AlertProcessingRuleByName");
      const earlier = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString().slice(0, 19);
      const schedule = { effectiveFrom: earlier(30), effectiveUntil: earlier(28), timeZone: "UTC" };
      const properties = JSON.parse(JSON.stringify(rule.properties.properties));
      world.put({ ...rule, properties: { ...rule.properties, properties: { ...properties, schedule } } });
      const group = only(world, "azure-native:resources:ResourceGroup", stack);
      const alert = { kind: "azure-native:alertsmanagement:Alert", id: `${group.id}/dead`, cloud: "azure" } as const;
      const began = new Date(Date.now() - 29 * 3_600_000).toISOString();
      world.put({
        ...alert,
        properties: { rule: "dead-letters", severity: 0, target: `${group.id}/providers/x/y/z`, began },
      });
    });
    const [left] = await windowsShown();
    expect(left).toMatchObject({
      when: "now",
      what: expect.stringContaining("nobody was told what a window kept back"),
    });
    const again = await maintenance(...open);
    expect(again.output).toContain("dead-letters fires, severity 0");
    expect((await maintenance("--end")).output).toContain("1 closed; nothing stays");
  });
});

describe("the digest", () => {
  it("says what ends of every stack, tells the team's channel, and fails where nobody was told", async () => {
    let status = 200;
    const slack = await LocalServer.start(() => ({ status }));
    const environment = { DRIFT_SLACK_WEBHOOK: `${slack.url}/webhook-4711`, GITHUB_REPOSITORY: "" };
    const { stacks, ...report } = await readReport("--stack", stack);
    const reports = join(directory, "reports");
    mkdirSync(reports);
    writeFileSync(join(reports, "one.json"), JSON.stringify({ ...report, stacks }));
    const told = await run(["status", "--digest", reports], environment);
    expect(told.exitCode).toBe(0);
    const [first] = slack.seen;
    expect(told.output).toContain(
      JSON.parse(first?.body ?? "")
        .text.split("\n")
        .at(-1),
    );
    expect(told.output).toContain(`  • ${stack}: secret token-signing-key expires on`);
    expect(told.output).toContain("Drifted: not known, GitHub was not asked");
    status = 500;
    const failed = await run(["status", "--digest", reports], environment);
    expect([failed.exitCode, failed.output + failed.errors]).toEqual([
      4,
      expect.stringContaining("Slack answered 500"),
    ]);
    for (const { output, errors } of [told, failed]) expect(output + errors).not.toContain("webhook-4711");
    await slack.stop();
    const none = await run(["status", "--digest", directory]);
    expect([none.exitCode, none.errors]).toEqual([2, expect.stringContaining("has no report of status --json")]);
    const day = await run(["status", "--digest", "--since", "yesterday"]);
    expect([day.exitCode, day.errors]).toEqual([2, expect.stringContaining("expected a day, YYYY-MM-DD")]);
  });

  it("says of each list when there is nothing, and counts what is left out", () => {
    const lines = (titles: readonly string[]) =>
      digestLines(
        [{ at: "", attention: [], stacks: [{ stack: "prod", why: "never deployed" }], retired: [] }],
        {
          ...{ since: "2026-11-23", titles, now: new Date("2026-11-30T09:00:00Z") },
          drift: [],
          looks: [
            { stack: "bootstrap", lastDay: "2026-11-22" },
            { stack: "another", lastDay: "2026-11-21" },
            { stack: "new", lastDay: undefined },
          ],
        },
        15,
      );
    expect(lines([])).toEqual([
      ...["Since 2026-11-23", "Changed: nothing was merged", "Deployed last: nothing", "Drifted: nothing is open"],
      ...["Looked at by people", "  • bootstrap: last looked at on 2026-11-22"],
      "  • another: last looked at on 2026-11-21, OVERDUE (npm run drift -- --stack another --file)",
      "  • new: nobody has looked yet, OVERDUE (npm run drift -- --stack new --file)",
      ...["Needs a person now: nothing", "Ends soon: nothing", "Not read", "  • prod: never deployed"],
    ]);
    expect(lines(Array.from({ length: 17 }, (_, index) => `t${index}`))).toContain("  and 2 more");
  });

  it("knows what was merged by its titles, one for each pull request, and says when the history is cut off", () => {
    const clone = join(directory, "clone");
    const git = (...args: readonly string[]) =>
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b.c", ...args], { stdio: "ignore" });
    git("init", "--initial-branch", "main", clone);
    git("-C", clone, "commit", "--allow-empty", "--message", "A site moves (#1)");
    git("-C", clone, "checkout", "-b", "topic");
    git("-C", clone, "commit", "--allow-empty", "--message", "half a step");
    git("-C", clone, "checkout", "main");
    git("-C", clone, "merge", "--no-ff", "--message", "A secret is rotated (#2)", "topic");
    expect(mergedTitles(clone, dayAfter(today(), -7))).toEqual([
      expect.stringMatching(/^A secret is rotated \(#2\) \(\w+\)$/),
      expect.stringMatching(/^A site moves \(#1\)/),
    ]);
    expect(mergedTitles(clone, dayAfter(today(), 1))).toEqual([]);
    git("clone", "--depth", "1", pathToFileURL(clone).href, `${clone}-cut`);
    expect(mergedTitles(`${clone}-cut`, "2026-01-01")).toEqual({ why: "the history is cut off here" });
  });
});

const calm: StackStatus = {
  ...{ stack: "prod", lastUpdate: { value: undefined }, lock: { value: undefined }, pending: [], exceptions: [] },
  ...{ secrets: [], releases: [], jobs: [], backups: [], budgets: [], alerts: [], windows: [], hosts: undefined },
  look: undefined,
};
const now = new Date("2026-11-30T12:00:00Z");
const attentionOf = (status: Partial<StackStatus>) =>
  listAttention([{ ...calm, ...status }], [], now).map(({ when, what }) => `${when} ${what}`);

describe("a stack whose drift only people look for", () => {
  const at = (lastDay: string | undefined): StackStatus => ({
    ...calm,
    ...{ stack: "bootstrap", look: { value: { stack: "bootstrap", lastDay } } },
  });
  it("says when they did last, and asks for it when that is too long ago", () => {
    expect(attentionOf(at("2026-11-22"))).toEqual([]);
    expect(attentionOf(at("2026-11-21"))).toEqual([
      "soon drift is overdue to be looked for; bootstrap: last looked at on 2026-11-21",
    ]);
    expect(attentionOf(at(undefined))).toEqual([expect.stringContaining("nobody has looked yet")]);
    const shown = (status: StackStatus) =>
      statusTable({ at: "", attention: [], stacks: [status], retired: [] }, now, { paint: plainPaint });
    expect(shown(at("2026-11-22"))).toContain("drift of bootstrap: last looked at on 2026-11-22");
    expect(shown({ ...calm, look: { unread: "GitHub answers 401" } })).toEqual(
      expect.arrayContaining(["not read: the last look for drift of prod", "    GitHub answers 401"]),
    );
  });

  it("is read beside all else, and what GitHub does not say keeps nothing from being read", async () => {
    const journals = new BlobJournals("bootstrap", () => Promise.reject(new Error("it has no apps")));
    const unasked = { cloud: new AzureContainerApps(), journals, alerts: new AzureAlertProcessing() };
    const sources = {
      ...{
        stack: "bootstrap",
        project: "landscape",
        state: { deployment: { resources: [] } },
        exceptions: [],
        hosts: undefined,
      },
      updates: { last: async () => undefined, lockOwner: async () => undefined },
      ...{ readings: new AzureReadings(), releases: unasked },
    };
    const value = { stack: "bootstrap", lastDay: "2026-11-22" };
    expect(await readStackStatus({ ...sources, look: async () => value })).toMatchObject({ look: { value } });
    const look = () => Promise.reject(new Error("GitHub answers 401"));
    expect(await readStackStatus({ ...sources, look })).toMatchObject({
      ...{ lock: { value: undefined }, look: { unread: "GitHub answers 401" } },
    });
  });
});

describe("after a recovery", () => {
  const tiers = new Map([
    ["api", "P0"],
    ["web", "P1"],
  ]);
  const well: StackStatus = {
    ...calm,
    releases: ["api", "web"].map((service) => {
      return { service, value: { digest: "d", revision: `${service}--1`, ready: true, release: undefined } };
    }),
    jobs: [{ job: "database-dumps", value: { run: "d-1", state: "succeeded", began: undefined } }],
    backups: [{ of: "postgres", value: "2026-11-30T03:00:00Z" }],
    alerts: [{ group: "prod", value: [{ rule: "prod-app-cpu-api-warning", severity: 2 }] }],
  };
  const checked = (more: Partial<StackStatus> = {}) =>
    recoveryChecklist({ ...well, ...more }, tiers, now).filter(({ state }) => state !== "ok" && state !== "person");

  it("everything that a program can see is looked at, and the rest is said to be a person's", () => {
    expect(checked()).toEqual([]);
    const people = recoveryChecklist(well, tiers, now).filter(({ state }) => state === "person");
    expect(people.map(({ why }) => why)).toEqual([
      "npm run alert-test -- --stack prod",
      "compare what users had, and write it down",
      ...["docs/runbooks/incident.md", "docs/runbooks/incident.md"],
    ]);
  });

  const down = { service: "api", value: { digest: "d", revision: "api--2", ready: false, release: undefined } };
  const fires = (rule: string, severity = 2) => ({ alerts: [{ group: "prod", value: [{ rule, severity }] }] });
  const job = (name: string, state: "failed" | "succeeded") => ({
    jobs: [{ job: name, value: { run: `${name}-1`, state, began: undefined } }],
  });
  it.each([
    ["the apps of tier P0 are up", { releases: [down] }, "api: api--2 has not come up"],
    ["nothing fires that somebody is paged for", fires("app-down-api", 0), "alerts of prod: app-down-api fires"],
    ["errors are as before", fires("SynthesisBurnsFast"), "SynthesisBurnsFast fires"],
    ["errors are as before", fires("HighErrorRate"), "alerts of prod: HighErrorRate fires"],
    ["errors are as before", fires("prod-app-server-errors-web-warning"), "server-errors-web"],
    ["latency is as before", fires("ApiLatencyBurnsFast"), "ApiLatencyBurnsFast fires"],
    ["connections to the database are stable", fires("prod-database-connections-postgres-critical"), "fires"],
    ["replicas are not behind", fires("dr-database-lag-postgres-critical"), "fires"],
    ["backups are made again", { backups: [{ of: "postgres", value: "2026-11-28T03:00:00Z" }] }, "of 2026-11-28"],
    ["backups are made again", job("database-dumps", "failed"), "database-dumps: database-dumps-1 failed"],
    ["nothing was lost that the restored server should have", job("restored-before", "failed"), "restored-before-1"],
    ["the other apps are up", { releases: [{ ...down, service: "web" }] }, "web: api--2"],
  ] as const)("%s: told of %o", (item, more, why) => {
    expect(checked(more)).toEqual([{ item, state: "wrong", why: expect.stringContaining(why) }]);
  });

  it("what could not be read does not hold, and the command ends with 4 until it does", async () => {
    expect(checked({ backups: [{ of: "postgres", unread: "nobody is signed in" }] })).toEqual([
      { item: "backups are made again", state: "unknown", why: "server postgres: nobody is signed in" },
    ]);
    const idle = recoveryChecklist({ ...well, jobs: [{ job: "database-dumps", value: undefined }] }, tiers, now);
    expect(idle.find(({ item }) => item === "backups are made again")).toMatchObject({
      ...{ state: "person", why: expect.stringContaining("database-dumps has not run yet") },
    });
    const failed = await run(["status", "--stack", stack, "--recovered"]);
    expect([failed.exitCode, failed.output]).toEqual([4, expect.stringContaining("✗ backups are made again")]);
    await changeWorld((world) => {
      const server = only(world, "azure-native:dbforpostgresql:Server");
      const backup = { kind: backupType, id: `${server.id}/backups/two`, cloud: "azure" } as const;
      world.put({ ...backup, properties: { completedTime: new Date().toISOString() } });
    });
    const { exitCode, output } = await run(["status", "--stack", stack, "--recovered", "--json"]);
    expect([exitCode, JSON.parse(output)]).toMatchObject([0, { stack, checks: { length: 12 } }]);
    expect((await run(["status", "--recovered"])).exitCode).toBe(2);
  });
});

describe("what needs a person", () => {
  it("is nothing of a stack that is well, and nothing that could not be read", () => {
    expect(attentionOf({})).toEqual([]);
    const unread = { unread: "nobody is signed in" };
    expect(attentionOf({ lastUpdate: unread, lock: unread, backups: [{ of: "postgres", ...unread }] })).toEqual([]);
  });

  it("is an operation that was interrupted, one that failed, and a lock that nobody works under", () => {
    const urn = "urn:pulumi:prod::landscape::azure-native:app:ContainerApp::api";
    const update = { kind: "update", result: "failed", by: "ann", at: "2026-11-30T11:00:00Z" };
    const lock = { user: "ann", host: "laptop", since: "2026-11-30T09:59:00Z" };
    expect(
      attentionOf({ pending: [{ operation: "creating", urn }], lastUpdate: { value: update }, lock: { value: lock } }),
    ).toEqual([
      "now creating api was interrupted (1 pending)",
      "now the last update by ann failed",
      "now locked by ann@laptop since 2026-11-30T09:59:00Z",
    ]);
    expect(attentionOf({ lock: { value: { ...lock, since: "2026-11-30T11:00:00Z" } } })).toEqual([]);
  });

  it("is an exception whose last day comes, and something retired that goes", () => {
    const ends = (expires: string) =>
      attentionOf({ exceptions: [{ rule: "registry-private", resource: "*", owner: "platform", expires }] });
    expect(ends("2026-12-31")).toEqual([]);
    expect(ends("2026-12-28")).toEqual(["soon platform's exception from registry-private ends after 2026-12-28"]);
    expect(ends("2026-11-30")).toEqual(["soon platform's exception from registry-private ends after 2026-11-30"]);
    expect(ends("2026-11-29")).toEqual(["now platform's exception from registry-private ends after 2026-11-29"]);
    const leaves = (day: string) =>
      listAttention([], [{ system: "alai", name: "old.alai.no", at: "sites.yaml:3", leaves: day }], now);
    expect(leaves("2026-12-05")).toHaveLength(1);
    expect(leaves("2026-12-20")).toEqual([]);
  });

  it("is a server without a backup, and what hosts disagree in", () => {
    expect(attentionOf({ backups: [{ of: "postgres", value: undefined }] })).toEqual([
      "now server postgres has no backup yet",
    ]);
    const hosts = { primary: "anvil", term: 3, hosts: {}, problems: ["forge is silent: timeout"] };
    expect(attentionOf({ hosts: { value: hosts } })).toEqual(["now forge is silent: timeout"]);
  });
});

it("what an inventory retires is read with its place and its last day", () => {
  const inventory = join(directory, "stacks", "small", "inventory");
  mkdirSync(inventory, { recursive: true });
  const retired = "retired: { on: 2026-12-01, keepDays: 10, reason: nobody visits it }";
  writeFileSync(join(inventory, "sites.yaml"), `sites:\n  - domain: old.no\n    ${retired}\n  - domain: new.no\n`);
  expect(readRetirements(directory, "small")).toEqual([
    { name: "old.no", at: "stacks/small/inventory/sites.yaml:2", leaves: "2026-12-11" },
  ]);
});

it("a lock of the real engine is read from where Pulumi writes it, and nobody's is no lock", async () => {
  const url = pathToFileURL(directory).href;
  expect(await readLockOwner(url, "landscape", "prod")).toBeUndefined();
  const locks = join(directory, ".pulumi/locks/organization/landscape/prod");
  mkdirSync(locks, { recursive: true });
  const content = { pid: 7, username: "runner", hostname: "run-12-1", timestamp: "2026-11-30T10:00:00Z" };
  writeFileSync(join(locks, "5f0c.json"), JSON.stringify(content));
  expect(await readLockOwner(url, "landscape", "prod")).toEqual({
    ...{ user: "runner", host: "run-12-1", since: "2026-11-30T10:00:00Z" },
  });
});

it("each stack is asked for in its own container, and afterwards the backend is the one that was given", async () => {
  const asked = async (given: Record<string, string>, stack: string) => {
    const environment: NodeJS.ProcessEnv = { ...given };
    const work = () => Promise.reject(new Error(environment.PULUMI_BACKEND_URL ?? "none"));
    const url = await inOwnBackend(stack, work, environment).catch(({ message }: Error) => message);
    expect(environment).toEqual(given);
    return url;
  };
  const PULUMI_BACKEND_URL = "azblob://prod?storage_account=alaistate";
  expect(await asked({ PULUMI_BACKEND_URL }, "dev")).toBe("azblob://dev?storage_account=alaistate");
  expect(await asked({ PULUMI_BACKEND_URL }, "hosts")).toBe(PULUMI_BACKEND_URL);
  expect(await asked({ PULUMI_BACKEND_URL: "file:///states" }, "dev")).toBe("file:///states");
  expect(await asked({}, "dev")).toBe("none");
});

it("the real engine's last change is by the run that made it, or by the author of what was deployed", () => {
  const entry = {
    ...({ kind: "update", result: "succeeded", message: "", config: {}, version: 3 } as const),
    ...{ startTime: new Date("2026-11-30T09:00:00Z"), endTime: new Date("2026-11-30T09:04:00Z") },
  };
  const by = (environment: Record<string, string>) => lastUpdateOf({ ...entry, environment })?.by;
  expect(by({ "git.author": "ann", "ci.build.url": "https://github.com/o/r/actions/runs/1" })).toContain("runs/1");
  expect(by({ "git.author": "ann" })).toBe("ann");
  expect(by({})).toBe("unknown");
  expect(lastUpdateOf({ ...entry, environment: {} })?.at).toBe("2026-11-30T09:04:00.000Z");
});

/** Answers as Azure does. Source: azure-rest-api-specs, the examples of the operations that `cloud-readings.ts` names. */
it("the clouds are asked over the resource manager alone, which tells no value of a secret", async () => {
  const answers: Readonly<Record<string, unknown>> = {
    "/vault/secrets": {
      value: [
        { name: "old", properties: { contentType: "set outside this program", attributes: { updated: 1764500000 } } },
        { name: "new", properties: { attributes: { exp: 1772000000, updated: 1764500000 } } },
        { name: "certificate", properties: { contentType: "application/x-pkcs12", attributes: {} } },
        { name: "r2-media-write", properties: { contentType: "made by this program", attributes: {} } },
      ],
    },
    "/job/executions": {
      value: [
        { name: "two", properties: { status: "Degraded", startTime: "2026-11-30T02:00:00Z" } },
        { name: "one", properties: { status: "Succeeded", startTime: "2026-11-29T02:00:00Z" } },
      ],
    },
    "/server/backups": {
      value: [
        { properties: { completedTime: "2026-11-29T03:00:00Z" } },
        { properties: { completedTime: "2026-11-30T03:00:00Z" } },
      ],
    },
    "/budget": { properties: { amount: 165, currentSpend: { amount: 70.5, unit: "EUR" }, forecastSpend: null } },
  };
  const server = await LocalServer.start(({ path }) => {
    const body = answers[path.split("?")[0] ?? ""];
    return body === undefined ? { status: 404, body: {} } : { status: 200, body };
  });
  try {
    const readings = new AzureReadings({ endpoint: server.url, token: async () => "token" });
    const kinds = { isCertificate: false, isHeld: false };
    const updated = "2025-11-30T10:53:20.000Z";
    expect(await readings.secrets("/vault")).toEqual([
      { ...kinds, name: "old", isSet: false, updated, expires: undefined },
      { ...kinds, name: "new", isSet: true, updated, expires: "2026-02-25T06:13:20.000Z" },
      { ...kinds, name: "certificate", isSet: false, isCertificate: true, updated: undefined, expires: undefined },
      { ...kinds, name: "r2-media-write", isSet: true, isHeld: true, updated: undefined, expires: undefined },
    ]);
    expect(await readings.lastRun("/job")).toEqual({ run: "two", state: "failed", began: "2026-11-30T02:00:00Z" });
    expect(await readings.newestBackup("/server")).toBe("2026-11-30T03:00:00Z");
    expect(await readings.spend("/budget")).toEqual({
      ...{ limit: 165, spent: 70.5, forecast: undefined, currency: "EUR" },
    });
    await expect(readings.spend("/other")).rejects.toThrow("404");
  } finally {
    await server.stop();
  }
});
