import { beforeEach, describe, expect, it } from "vitest";
import { DnsExport } from "../../components/dns-export/dns-export";
import { GitMirror } from "../../components/git-mirror/git-mirror";
import { UptimeCheck, type UptimeCheckArgs } from "../../components/uptime-check/uptime-check";
import { jobSurroundings } from "./job-placement";
import { SeededSandbox } from "./seeded-sandbox";

let sandbox: SeededSandbox;

beforeEach(() => {
  sandbox = new SeededSandbox();
});

async function jobInputs(name: string) {
  const job = (await sandbox.resources("azure-native:app:Job")).get(name);
  return { inputs: job?.inputs, text: JSON.stringify(job?.inputs) };
}

const schedule = (cronExpression: string) => ({ scheduleTriggerConfig: { cronExpression } });

describe("UptimeCheck", () => {
  it("visits every address every five minutes, with defaults", async () => {
    const { outputs } = await sandbox.upTwice(() => {
      const { placement, secret, container } = jobSurroundings();
      const urls = ["https://b.no", "https://a.no", "https://b.no"];
      return {
        urls: new UptimeCheck("uptime", {
          ...placement,
          cron: "*/5 * * * *",
          urls,
          container,
          slackWebhook: secret("slack"),
        }).urls,
      };
    });
    expect(outputs).toEqual({ urls: ["https://a.no", "https://b.no"] });
    const { inputs, text } = await jobInputs("uptime");
    expect(inputs).toMatchObject({ configuration: { replicaTimeout: 120, ...schedule("*/5 * * * *") } });
    expect(text).toContain('{"name":"HEALTHY","value":"200,301,302"}');
    expect(text).toContain('{"name":"CHANNEL","value":"#infra-alerts"}');
    expect(text).toContain('{"name":"SLACK_WEBHOOK","secretRef":"slack-webhook"}');
  });

  it("takes everything else", async () => {
    await sandbox.upTwice(() => {
      const { placement, secret, container } = jobSurroundings();
      const rest = {
        cron: "*/10 * * * *",
        healthy: [200],
        channel: "#web",
        transform: { job: { tags: { Service: "web" } } },
      };
      new UptimeCheck("uptime", {
        ...placement,
        urls: ["https://a.no"],
        container,
        slackWebhook: secret("slack"),
        ...rest,
      });
    });
    const { inputs, text } = await jobInputs("uptime");
    expect(inputs).toMatchObject({ tags: { Service: "web" }, configuration: schedule("*/10 * * * *") });
    expect(text).toContain('{"name":"HEALTHY","value":"200"}');
  });

  it.each<[string, Partial<UptimeCheckArgs>, string]>([
    ["no address", { urls: [] }, 'UptimeCheck "uptime": urls is empty: a check of nothing is always healthy'],
    [
      "an address without TLS",
      { urls: ["http://a.no"] },
      'UptimeCheck "uptime": url "http://a.no": expected an https address',
    ],
    ["no healthy answer", { healthy: [] }, 'UptimeCheck "uptime": healthy is empty: no answer would ever be healthy'],
    ["a cron of six fields", { cron: "0 */5 * * * *" }, "has 6 fields"],
  ])("refuses %s", async (_name, changes, message) => {
    const refusal = await sandbox.refusal(() => {
      const { placement, secret, container } = jobSurroundings();
      new UptimeCheck("uptime", {
        ...placement,
        cron: "*/5 * * * *",
        urls: ["https://a.no"],
        container,
        slackWebhook: secret("slack"),
        ...changes,
      });
    });
    expect(refusal).toContain(message);
  });
});

describe("DnsExport", () => {
  const zones = [
    { domain: "b.no", id: "2" },
    { domain: "a.no", id: "1" },
  ];

  it("exports every zone on Sundays at 02:00, with the right to write blobs and no more", async () => {
    await sandbox.upTwice(() => {
      const { placement, secret, container } = jobSurroundings();
      new DnsExport("dns-export", { ...placement, cron: "0 2 * * 0", zones, apiToken: secret("dns-read"), container });
    });
    const { inputs, text } = await jobInputs("dns-export");
    expect(inputs).toMatchObject({ configuration: { replicaTimeout: 600, ...schedule("0 2 * * 0") } });
    expect(text).toContain('[{\\"domain\\":\\"a.no\\",\\"id\\":\\"1\\"},{\\"domain\\":\\"b.no\\",\\"id\\":\\"2\\"}]');
    const roles = await sandbox.resources("azure-native:authorization:RoleAssignment");
    expect([...roles.keys()].sort()).toEqual([
      "dns-export-job-key-vault-secrets-user-on-dns-read",
      "dns-export-job-storage-blob-data-contributor-on-exports",
    ]);
  });

  it("takes everything else", async () => {
    await sandbox.upTwice(() => {
      const { placement, secret, container } = jobSurroundings();
      const rest = { cron: "0 4 * * 1", transform: { job: { tags: { Service: "dns" } } } };
      new DnsExport("dns-export", {
        ...placement,
        zones,
        apiToken: secret("dns-read"),
        container,
        ...rest,
      });
    });
    const { inputs } = await jobInputs("dns-export");
    expect(inputs).toMatchObject({ tags: { Service: "dns" }, configuration: schedule("0 4 * * 1") });
  });

  it.each([
    [[], 'DnsExport "dns-export": zones is empty: there is nothing to export'],
    [[...zones, ...zones], 'DnsExport "dns-export": b.no, a.no is given twice: one export would overwrite the other'],
  ])("refuses %j", async (wrong, message) => {
    const refusal = await sandbox.refusal(() => {
      const { placement, secret, container } = jobSurroundings();
      new DnsExport("dns-export", {
        ...placement,
        cron: "0 2 * * 0",
        zones: wrong,
        apiToken: secret("dns-read"),
        container,
      });
    });
    expect(refusal).toContain(message);
  });
});

describe("GitMirror", () => {
  it("bundles every repository every day, with defaults", async () => {
    await sandbox.upTwice(() => {
      const { placement, secret, container } = jobSurroundings();
      const repositories = ["b", "a"];
      new GitMirror("git-mirror", {
        ...placement,
        cron: "0 3 * * *",
        owner: "alai-org",
        repositories,
        token: secret("git-read"),
        container,
      });
    });
    const { inputs, text } = await jobInputs("git-mirror");
    expect(inputs).toMatchObject({ configuration: { replicaTimeout: 3600, ...schedule("0 3 * * *") } });
    expect(text).toContain('{"name":"REPOSITORIES","value":"[\\"a\\",\\"b\\"]"}');
  });

  it("takes everything else", async () => {
    await sandbox.upTwice(() => {
      const { placement, secret, container } = jobSurroundings();
      const rest = { cron: "30 3 * * *", transform: { job: { tags: { Service: "git" } } } };
      const place = { ...placement, container, token: secret("git-read") };
      new GitMirror("git-mirror", { ...place, owner: "alai-org", repositories: ["a"], ...rest });
    });
    const { inputs } = await jobInputs("git-mirror");
    expect(inputs).toMatchObject({ tags: { Service: "git" }, configuration: schedule("30 3 * * *") });
  });

  it.each([
    [[], 'GitMirror "git-mirror": repositories: expected at least one repository, got none'],
    [["alai-org/a"], 'GitMirror "git-mirror": repositories[0]: expected a repository name without its owner'],
  ])("refuses %j", async (repositories, message) => {
    const refusal = await sandbox.refusal(() => {
      const { placement, secret, container } = jobSurroundings();
      const token = secret("git-read");
      new GitMirror("git-mirror", {
        ...placement,
        cron: "0 3 * * *",
        owner: "alai-org",
        repositories,
        token,
        container,
      });
    });
    expect(refusal).toContain(message);
  });
});
