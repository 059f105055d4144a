import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { shippedProgram } from "../../programs/bundle";
import { runScript, startBlobStore, startServer } from "./script-run";

const today = new Date().toISOString().slice(0, 10);

describe("uptime check", () => {
  const script = shippedProgram("programs/jobs/visit-sites.ts").text;

  async function check(answer: (path: string, visit: number) => number) {
    const visits = new Map<string, number>();
    const sites = await startServer(({ url }) => {
      visits.set(url, (visits.get(url) ?? 0) + 1);
      return { status: answer(url, visits.get(url) ?? 0) };
    });
    const slack = await startServer(() => ({ status: 200 }));
    const result = await runScript(script, {
      URLS: JSON.stringify([`${sites.url}/a`, `${sites.url}/b`]),
      HEALTHY: "200,301,302",
      CHANNEL: "#infra-alerts",
      RETRY_SECONDS: "0",
      SLACK_WEBHOOK: slack.url,
    });
    return { ...result, visits, messages: slack.received.map(({ body }) => JSON.parse(body.toString())) };
  }

  it.each([200, 301, 302])("takes %i as healthy", async (status) => {
    const { exitCode, messages } = await check(() => status);
    expect({ exitCode, messages }).toEqual({ exitCode: 0, messages: [] });
  });

  it.each([404, 500, 308])("reports %i once, in one message for all sites", async (status) => {
    const { messages, visits } = await check((path) => (path === "/a" ? status : 200));
    expect(messages).toHaveLength(1);
    expect(messages[0].channel).toBe("#infra-alerts");
    expect(messages[0].text).toMatch(/1 of 2 sites are not healthy\n• http:\S+\/a returned HTTP \d+$/);
    expect(visits.get("/a")).toBe(3);
  });

  it("forgives a single failure", async () => {
    const { messages } = await check((_path, visit) => (visit === 1 ? 503 : 200));
    expect(messages).toEqual([]);
  });

  it("reports a site that cannot be reached", async () => {
    const slack = await startServer(() => ({ status: 200 }));
    const settings = { HEALTHY: "200", CHANNEL: "#infra-alerts", RETRY_SECONDS: "0", SLACK_WEBHOOK: slack.url };
    await runScript(script, { ...settings, URLS: '["http://127.0.0.1:1"]' });
    expect(slack.received[0]?.body.toString()).toContain("http://127.0.0.1:1 could not be reached");
  });
});

describe("DNS export", () => {
  const script = shippedProgram("programs/jobs/export-zones.ts").text;
  const zoneFile =
    "alai.no. 3600 IN SOA ana.ns.cloudflare.com. dns.cloudflare.com. 1 2 3 4 5\nwww.alai.no. 1 IN A 192.0.2.1\n";

  async function exportZones(answers: Record<string, string | number>) {
    const store = await startBlobStore();
    const cloudflare = await startServer(({ url, headers }) => {
      if (headers.authorization !== "Bearer dns-token") return { status: 403 };
      const answer = answers[/zones\/(\w+)\/dns_records\/export/.exec(url)?.[1] ?? ""] ?? 404;
      return typeof answer === "number" ? { status: answer } : { status: 200, body: answer };
    });
    const zones = Object.keys(answers).map((id) => ({ domain: `${id}.example`, id }));
    const env = { ZONES: JSON.stringify(zones), CLOUDFLARE_API: cloudflare.url, CLOUDFLARE_API_TOKEN: "dns-token" };
    return { ...(await runScript(script, { ...env, ...store.env })), blobs: store.blobs };
  }

  it("writes one file per zone and day", async () => {
    const { exitCode, blobs } = await exportZones({ one: zoneFile, two: zoneFile });
    expect(exitCode).toBe(0);
    expect([...blobs.keys()]).toEqual([`one.example/${today}.zone`, `two.example/${today}.zone`]);
    expect(blobs.get(`one.example/${today}.zone`)?.toString()).toBe(zoneFile);
  });

  it("exports the others when one zone fails, then fails", async () => {
    const { exitCode, output, blobs } = await exportZones({ one: 500, two: zoneFile });
    expect(exitCode).toBe(1);
    expect(output).toContain("one.example: Cloudflare answered 500");
    expect(output).toContain("not exported: one.example");
    expect([...blobs.keys()]).toEqual([`two.example/${today}.zone`]);
  });

  it("does not keep an answer that is no zone file, and prints no token", async () => {
    const { exitCode, output, blobs } = await exportZones({ one: "<html>" });
    expect(exitCode).toBe(1);
    expect(output).toContain("Cloudflare's answer has no SOA record");
    expect(output).not.toContain("dns-token");
    expect(blobs.size).toBe(0);
  });
});

describe("git mirror", () => {
  const script = shippedProgram("programs/jobs/mirror-repositories.ts").text;
  const directories: string[] = [];
  const directory = () => {
    const made = mkdtempSync(join(tmpdir(), "git-mirror-test-"));
    directories.push(made);
    return made;
  };
  afterEach(() => {
    for (const made of directories.splice(0)) rmSync(made, { recursive: true, force: true });
  });

  function git(path: string, ...args: string[]): string {
    const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"];
    return execFileSync("git", [...identity, "-C", path, ...args], { stdio: ["ignore", "pipe", "ignore"] }).toString();
  }

  it("writes a bundle from which the repository, its branches and tags can be restored", async () => {
    const [server, restored] = [directory(), directory()];
    const repository = join(server, "alai-org/alai-home-web.git");
    mkdirSync(repository, { recursive: true });
    git(repository, "init", "-q");
    writeFileSync(join(repository, "index.html"), "hello");
    git(repository, "add", "index.html");
    git(repository, "commit", "-qm", "first");
    git(repository, "tag", "v1");
    git(repository, "branch", "next");

    const store = await startBlobStore();
    const env = { OWNER: "alai-org", GIT_TOKEN: "git-token", GIT_SERVER: `file://${server}`, ...store.env };
    const result = await runScript(script, { ...env, REPOSITORIES: '["alai-home-web","missing"]' });

    const bundle = store.blobs.get(`alai-home-web/${today}.bundle`);
    writeFileSync(join(restored, "copy.bundle"), bundle ?? "");
    git(restored, "clone", "-q", "--mirror", "copy.bundle", "copy.git");
    const references = git(join(restored, "copy.git"), "for-each-ref", "--format=%(refname)").trim().split("\n");
    expect(references).toEqual(["refs/heads/main", "refs/heads/next", "refs/tags/v1"]);
    expect(result.exitCode).toBe(1);
    expect(result.output).toContain("not mirrored: missing");
    expect(result.output).not.toContain("git-token");
  });
});

describe("a job", () => {
  it("says which setting is missing, without a stack trace", async () => {
    const { exitCode, output } = await runScript(shippedProgram("programs/jobs/visit-sites.ts").text, {});
    expect({ exitCode, output }).toEqual({ exitCode: 1, output: "URLS is not set\n" });
  });
});
