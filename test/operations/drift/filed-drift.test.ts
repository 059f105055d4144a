import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { githubClient } from "../../../lib/github/github-client";
import { GithubNotConfigured } from "../../../lib/github/github-error";
import type { DriftFinding } from "../../../operations/drift/drift-finding";
import { DriftIssues } from "../../../operations/drift/drift-issue";
import { readLook } from "../../../operations/drift/drift-look";
import { fileDrift, filingSettings } from "../../../operations/drift/file-drift";
import { issueMarker, readMemory } from "../../../operations/drift/issue-text";
import { FakeGithub } from "./fake-github";

const start = new Date("2026-03-01T08:00:00Z");
const later = (hours: number) => new Date(start.getTime() + hours * 3_600_000);

function finding(name: string, change: Partial<DriftFinding> = {}): DriftFinding {
  return {
    kind: "changed",
    severity: "ordinary",
    urn: `urn:pulumi:prod::landscape::azure-native:storage:StorageAccount::${name}`,
    type: "azure-native:storage:StorageAccount",
    name,
    id: `/subscriptions/s/${name}`,
    properties: [{ path: "accessTier", before: '"Hot"', after: '"Cool"' }],
    broken: [],
    accept: "write what is there in stacks/alai/inventory/backup.yaml:3",
    revert: "npm run up -- --stack prod",
    declaredAt: { file: "stacks/alai/inventory/backup.yaml", line: 3 },
    ...change,
  };
}

const opened = finding("open", { severity: "security", broken: ["storage-private: publicNetworkAccess is Enabled"] });

describe("filed drift", () => {
  let github: FakeGithub;
  let pagers = {};
  const issues = () =>
    new DriftIssues(githubClient({ token: "canary-token", baseUrl: github.url, second: 1 }), "owner", "repo");
  const file = (findings: readonly DriftFinding[], now = start, stack = "prod") =>
    fileDrift({
      report: { stack, findings, suppressed: 0 },
      issues: issues(),
      channels: { slackWebhook: `${github.url}/hook/team`, pagers },
      now,
    });

  beforeEach(async () => {
    github = new FakeGithub();
    await github.start();
    pagers = {};
    // The client keeps its writes seconds apart, which GitHub asks for: those seconds pass at once.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    vi.setTimerTickMode("nextTimerAsync");
  });
  afterEach(async () => {
    vi.useRealTimers();
    await github.close();
  });

  it("of a stack that no workflow compares is looked for by people, and the day is noted whatever they find", async () => {
    const look = () => readLook(issues(), "bootstrap");
    expect((await file([])).look).toBeUndefined();
    expect(github.issues).toEqual([]);
    expect(await look()).toEqual({ stack: "bootstrap", lastDay: undefined });

    expect(await file([], start, "bootstrap")).toMatchObject({
      what: "nothing to file",
      look: expect.stringMatching(/1$/),
    });
    expect([github.issues[0]?.title, await look()]).toEqual([
      "Drift of bootstrap: people look",
      { stack: "bootstrap", lastDay: "2026-03-01" },
    ]);
    expect((await file([finding("a")], later(24 * 7), "bootstrap")).what).toBe("opened");
    expect([github.issues.length, await look()]).toEqual([2, { stack: "bootstrap", lastDay: "2026-03-08" }]);
    // Who has no rights in the repository can copy the text.
    github.add({ body: github.issues[0]?.body.replace("2026-03-08", "2026-12-31") ?? "", author_association: "NONE" });
    expect((await look()).lastDay).toBe("2026-03-08");
    if (github.issues[0]) github.issues[0].state = "closed";
    expect((await look()).lastDay).toBeUndefined();
  });

  it("is opened once, updated, closed, and told once for each change", async () => {
    expect((await file([finding("a")])).what).toBe("opened");
    expect((await file([finding("a")], later(1))).what).toBe("unchanged");
    expect(github.issues).toHaveLength(1);
    expect(github.messages).toHaveLength(1);
    const writes = github.requests.filter(({ method }) => method === "PATCH").length;
    await file([finding("a")], later(2));
    expect(github.requests.filter(({ method }) => method === "PATCH")).toHaveLength(writes);

    const changed = finding("a", { properties: [{ path: "accessTier", before: '"Hot"', after: '"Cold"' }] });
    expect((await file([changed, finding("b")], later(3))).what).toBe("updated");
    expect(github.issues[0]?.title).toBe("Drift in prod: 2 differences");
    expect(github.issues[0]?.body).toContain("accept: `write what is there in stacks/alai/inventory/backup.yaml:3`");
    expect(github.messages).toHaveLength(2);

    expect((await file([], later(4))).what).toBe("closed");
    expect(github.issues).toMatchObject([{ state: "closed", comments: ["The drift is gone."] }]);
    expect(github.messages.at(-1)?.text).toContain("is gone");
    expect((await file([], later(5))).what).toBe("nothing to file");
    expect(github.messages).toHaveLength(3);
    // Drift that comes again is another issue, with a time of its own.
    expect((await file([finding("a")], later(6))).what).toBe("opened");
    expect(github.issues).toHaveLength(2);
  });

  it("has 3 days, and 24 hours when it opens something up, from when it was first seen", async () => {
    await file([finding("a"), opened]);
    const status = async (hours: number) =>
      (await file([finding("a"), opened], later(hours))).tracked.map(({ level }) => level.status).join(" ");
    expect(await status(17)).toBe("ok ok");
    expect(await status(19)).toBe("ok due");
    expect(await status(24)).toBe("ok breached");
    expect(await status(55)).toBe("due breached");
    expect(await status(72)).toBe("breached breached");
    expect(github.issues[0]?.body).toContain(
      "First seen 2026-03-01 08:00 UTC, due by 2026-03-04 08:00 UTC: **breached**",
    );
    // The first message, and one for each time that ran out or nearly.
    expect(github.messages).toHaveLength(5);
  });

  it("pages at once for what opens something up, and not again for other news", async () => {
    pagers = { slack: `${github.url}/hook/pager` };
    const paged = () => github.messages.filter(({ to }) => to === "pager").length;
    await file([finding("a")]);
    expect(paged()).toBe(0);
    await file([finding("a"), opened], later(1));
    expect(paged()).toBe(1);
    await file([finding("b"), opened], later(20));
    expect(paged()).toBe(1);
    await file([finding("b"), opened, { ...opened, urn: "urn:other", name: "other" }], later(21));
    expect(paged()).toBe(2);
  });

  it("calls the whole channel where there is no pager", async () => {
    await file([opened]);
    expect(github.messages[0]?.text).toMatch(/^<!channel> Drift in prod: https:.*\n• SECURITY changed in the cloud/);
  });

  it("begins to count anew when ordinary drift begins to open something up", async () => {
    await file([finding("open")]);
    const { tracked } = await file([opened], later(30));
    expect(tracked[0]?.level.status).toBe("ok");
  });

  it("is told by the next run when Slack did not take it", async () => {
    github.interfere = ({ url }) => (url.startsWith("/hook") ? { status: 500, body: "no" } : undefined);
    await expect(file([finding("a")])).rejects.toThrow("Slack answered 500");
    github.interfere = () => undefined;
    await file([finding("a")], later(1));
    expect(github.messages).toHaveLength(1);
    expect(github.issues).toHaveLength(1);
  });

  it("is in one issue after two runs at once", async () => {
    await Promise.all([file([finding("a")]), file([finding("a")])]);
    await file([finding("a")], later(1));
    expect(github.issues.filter(({ state }) => state === "open")).toHaveLength(1);
    expect(github.issues[0]?.state).toBe("open");
  });

  it("is opened again, with its times, when somebody closed it while it was there", async () => {
    await file([finding("a")]);
    for (const issue of github.issues) issue.state = "closed";
    const again = await file([finding("a")], later(60));
    expect(again).toMatchObject({ what: "reopened", tracked: [{ level: { status: "due" } }] });
    expect(github.issues).toMatchObject([{ state: "open" }]);
  });

  it("survives an issue that was deleted meanwhile, and one whose memory was edited away", async () => {
    await file([finding("a")]);
    github.interfere = ({ method, url }) =>
      method === "PATCH" && url.endsWith("/1")
        ? { status: 410, body: { message: "This issue was deleted" } }
        : undefined;
    expect((await file([finding("a"), finding("b")], later(1))).what).toBe("opened");
    github.interfere = () => undefined;
    github.issues.shift();
    const issue = github.issues[0];
    if (issue === undefined) throw new Error("no issue");
    issue.body = issue.body.replace(/landscape-drift-memory .*/, "landscape-drift-memory lost -->");
    const { what } = await file([finding("a"), finding("b")], later(2));
    expect(what).toBe("updated");
    expect(readMemory(issue.body)?.stack).toBe("prod");
  });

  it("is not taken from strangers' issues that copy the marker", async () => {
    github.add({
      body: issueMarker({ stack: "prod", firstSeen: {}, told: "", paged: "" }),
      author_association: "NONE",
    });
    expect((await file([finding("a")])).what).toBe("opened");
    expect(github.issues).toHaveLength(2);
  });

  it("shows what strangers wrote as code", async () => {
    await file([finding("`@everyone` --> <b>")]);
    expect(github.issues[0]?.body).toContain("`` azure-native:storage:StorageAccount `@everyone` --> <b> ``");
  });

  it("says how much does not fit", async () => {
    const many = Array.from({ length: 400 }, (_, index) => finding(`account-${index}`, { urn: `urn:${index}` }));
    await file(many);
    const body = github.issues[0]?.body ?? "";
    expect(body.length).toBeLessThan(65_536);
    expect(body).toMatch(/\d+ more do not fit here/);
  });

  it.each([
    [403, { message: "Resource not accessible by integration" }, /permission issues: write/],
    [404, { message: "Not Found" }, /issues: write/],
    [409, { message: "Conflict" }, /409/],
    [422, { message: "Validation Failed" }, /422.*Validation Failed/],
    [429, { message: "Too Many Requests" }, /429/],
    [502, "<html><h1>Bad gateway</h1></html>", /502/],
    [200, "<html>maintenance</html>", /expected issues/],
  ])("ends with what to do when GitHub answers %d", async (status, body, message) => {
    const headers = {
      "content-type": typeof body === "string" ? "text/html" : "application/json",
      "retry-after": "3600",
    };
    github.interfere = () => ({ status, body, headers });
    await expect(file([finding("a")])).rejects.toThrow(message);
    await expect(file([finding("a")])).rejects.not.toThrow("canary-token");
  });

  it("ends with what to do when GitHub does not answer in time, and is filed once by the next run", async () => {
    github.interfere = () => "nothing";
    const request = (timeout: number) => ({
      report: { stack: "prod", findings: [finding("a")], suppressed: 0 },
      issues: new DriftIssues(
        githubClient({ token: "canary-token", baseUrl: github.url, second: 1, timeout }),
        "owner",
        "repo",
      ),
      channels: { slackWebhook: `${github.url}/hook/team`, pagers },
      now: start,
    });
    const failed = await fileDrift(request(100)).catch((error: unknown) => error);
    expect(failed).toMatchObject({ name: "GithubError", message: expect.stringContaining("did not answer in time") });
    expect(String(failed)).not.toContain("canary-token");
    expect(github.requests.length).toBeGreaterThan(1);
    expect(github.messages).toEqual([]);
    github.interfere = () => undefined;
    expect((await fileDrift(request(20_000))).what).toBe("opened");
    expect(github.issues).toHaveLength(1);
  });

  it("goes on when GitHub fails for a moment", async () => {
    let failures = 2;
    github.interfere = ({ method }) => {
      failures -= 1;
      return method === "GET" && failures >= 0 ? { status: 503, body: "later" } : undefined;
    };
    expect((await file([finding("a")])).what).toBe("opened");
  });
});

describe("the settings for filing", () => {
  it("name what is missing", () => {
    expect(() => filingSettings({ GITHUB_TOKEN: "" })).toThrow(GithubNotConfigured);
    expect(() => filingSettings({})).toThrow("GITHUB_REPOSITORY and RUN_TOKEN or GITHUB_TOKEN must be set");
    expect(() => filingSettings({ GITHUB_TOKEN: "t", GITHUB_REPOSITORY: "no-owner" })).toThrow("expected owner/name");
  });
});
