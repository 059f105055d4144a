import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { runningHours, runsAt } from "../../lib/running-hours";
import { certificateNotSet } from "../../lib/secret-not-set";
import { shippedProgram } from "../../programs/bundle";
import { runScript, startBlobStore, startServer } from "./script-run";

const today = new Date().toISOString().slice(0, 10);

type BlobStore = Awaited<ReturnType<typeof startBlobStore>>;

describe("the hours of a database", () => {
  const script = shippedProgram("programs/jobs/switch-database.ts").text;

  /** Asks for the server to run, or not to, with the states that Azure tells one after the other. */
  async function run(wanted: "runs" | "sleeps", states: readonly string[], answers: readonly number[] = []) {
    const [told, given] = [[...states], [...answers]];
    const azure = await startServer(({ method, url, headers }) => {
      if (url.startsWith("/identity?")) return { status: 200, body: { access_token: "management" } };
      if (headers.authorization !== "Bearer management") return { status: 401 };
      if (method === "POST") return { status: given.shift() ?? 202 };
      return { status: 200, body: { properties: { state: told.length > 1 ? told.shift() : told[0] } } };
    });
    const result = await runScript(script, {
      ...{ SERVER_URL: `${azure.url}/server`, IDENTITY_ENDPOINT: `${azure.url}/identity`, IDENTITY_HEADER: "header" },
      ...{ START_HOUR: "0", STOP_HOUR: "24", DAYS: wanted === "runs" ? "[0,1,2,3,4,5,6]" : "[]", WAIT_SECONDS: "0" },
    });
    const asked = azure.received.flatMap(({ method, url }) => (method === "POST" ? [url] : []));
    return { ...result, asked };
  }

  it.each([
    ["runs", ["Stopped", "Starting", "Ready"], ["/server/start?api-version=2024-08-01"]],
    ["sleeps", ["Ready", "Ready", "Stopping", "Stopped"], ["/server/stop?api-version=2024-08-01"]],
    ["runs", ["Updating", "Ready"], []],
    ["sleeps", ["Stopped"], []],
  ] as const)("it %s after %j", async (wanted, states, asked) => {
    expect(await run(wanted, states)).toMatchObject({ exitCode: 0, asked });
  });

  it("are asked for again of a server that is busy, and fail where nobody may", async () => {
    const stop = "/server/stop?api-version=2024-08-01";
    const busy = await run("sleeps", ["Ready", "Ready", "Stopping", "Stopped"], [409, 202]);
    expect(busy).toMatchObject({ exitCode: 0, asked: [stop, stop] });
    const refused = await run("sleeps", ["Ready"], [403]);
    expect(refused).toMatchObject({ exitCode: 1, asked: [stop] });
    expect(refused.output).toContain("Azure answered 403 to stop");
  });

  it("are weekdays, and begin before drift is looked for", () => {
    const at = (moment: string) => runsAt(new Date(`2026-11-${moment}:00Z`), runningHours);
    expect(["27T18:59", "27T19:00", "28T12:00", "29T12:00", "30T03:59", "30T04:17"].map(at)).toEqual([
      ...[true, false, false, false, false, true],
    ]);
  });
});

describe("uptime check", () => {
  const script = shippedProgram("programs/jobs/visit-sites.ts").text;

  async function check(answer: (path: string, visit: number) => number, memory?: BlobStore) {
    const store = memory ?? (await startBlobStore());
    const visits = new Map<string, number>();
    const sites = await startServer(({ url }) => {
      visits.set(url, (visits.get(url) ?? 0) + 1);
      return { status: answer(url, visits.get(url) ?? 0) };
    });
    const slack = await startServer(() => ({ status: 200 }));
    const result = await runScript(script, {
      ...{ ...store.env, MEMORY: "uptime.json" },
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

  /** What is said in runs one after the other, as kind and path, where the site /a answers so and /b well. */
  async function saidIn(runs: readonly (number | { readonly site: number; readonly slack: number })[]) {
    const store = await startBlobStore();
    const sites = await startServer(({ url }) => ({ status: url === "/a" ? now.site : 200 }));
    const now = { site: 200 };
    const said = [];
    for (const run of runs) {
      const { site, slack: answers } = typeof run === "number" ? { site: run, slack: 200 } : run;
      now.site = site;
      const slack = await startServer(() => ({ status: answers }));
      const { exitCode } = await runScript(script, {
        ...{ ...store.env, MEMORY: "uptime.json", HEALTHY: "200", CHANNEL: "#infra-alerts", RETRY_SECONDS: "0" },
        ...{ SLACK_WEBHOOK: slack.url, URLS: JSON.stringify([`${sites.url}/a`, `${sites.url}/b`]) },
      });
      const heard = slack.received.map(({ body }) => /:(red|large_green)_circle: (\d) of 2/.exec(body.toString())?.[1]);
      said.push(`${exitCode} ${heard.join()}`);
    }
    return { said, store };
  }

  it("tells once that a site is down, however long, and once that it is back", async () => {
    expect((await saidIn([500, 500, 500, 200, 200, 500])).said).toEqual([
      "0 red",
      "0 ",
      "0 ",
      "0 large_green",
      "0 ",
      "0 red",
    ]);
  });

  it("tells again what Slack did not take, and fails then", async () => {
    const { said } = await saidIn([{ site: 500, slack: 503 }, 500, { site: 200, slack: 503 }, 200]);
    expect(said).toEqual(["1 red", "0 red", "1 large_green", "0 large_green"]);
  });

  it("tells what it cannot remember, and fails", async () => {
    const store = await startBlobStore();
    store.refused.add("uptime.json");
    const { exitCode, messages, output } = await check(() => 500, store);
    expect({ exitCode, told: messages.length }).toEqual({ exitCode: 1, told: 1 });
    expect(output).toContain("nobody knows of which sites people were told: the blob store answered 403");
  });

  it("reports a site that cannot be reached", async () => {
    const slack = await startServer(() => ({ status: 200 }));
    const store = await startBlobStore();
    const settings = {
      ...store.env,
      MEMORY: "a.json",
      HEALTHY: "200",
      CHANNEL: "#infra-alerts",
      RETRY_SECONDS: "0",
      SLACK_WEBHOOK: slack.url,
    };
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

describe("origin certificate", () => {
  const script = shippedProgram("programs/jobs/renew-certificate.ts").text;
  const hostnames = ["api.example.com", "app.example.com"];
  const directory = mkdtempSync(join(tmpdir(), "authority-"));
  const file = (name: string) => join(directory, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: ["ignore", "pipe", "ignore"] });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const namesOf = (names: readonly string[]) => `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}`;
  /** A key that is made at once, and a certificate of it, as files of this name. */
  const certificateOf = (name: string, names: readonly string[], days: number) => {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", file(`${name}.key`)];
    const about = ["-subj", `/O=${name}`, "-addext", namesOf(names), "-days", `${days}`];
    openssl("req", "-x509", ...key, ...about, "-out", file(`${name}.pem`));
  };

  /** An authority that signs what is asked for, as Cloudflare's does; or the key of somebody else. */
  function sign(request: string, names: readonly string[], ofAnother: boolean): string {
    certificateOf("authority", ["authority.example"], 1000);
    writeFileSync(file("request.pem"), request);
    writeFileSync(file("names"), namesOf(names));
    openssl("pkey", "-in", file("authority.key"), "-pubout", "-out", file("other.pem"));
    const by = ["-CA", file("authority.pem"), "-CAkey", file("authority.key"), "-extfile", file("names")];
    const key = ofAnother ? ["-force_pubkey", file("other.pem")] : [];
    return openssl("x509", "-req", "-in", file("request.pem"), "-days", "90", ...by, ...key).toString();
  }

  /** What a vault holds that has a certificate for these names. */
  function held(days: number, names: readonly string[] = hostnames): string {
    certificateOf("held", names, days);
    const parts = ["-inkey", file("held.key"), "-in", file("held.pem"), "-out", file("held.pfx")];
    openssl("pkcs12", "-export", ...parts, "-passout", "pass:");
    return readFileSync(file("held.pfx")).toString("base64");
  }

  /** What a run leaves in a vault that held this. */
  async function renew(before: string | undefined, { status = 200, names = hostnames, ofAnother = false } = {}) {
    const issued: { csr: string; [setting: string]: unknown }[] = [];
    const cloudflare = await startServer(({ url, method, headers, body }) => {
      if (headers.authorization !== "Bearer issuing-token" || `${method} ${url}` !== "POST /certificates")
        return { status: 403, body: { success: false, errors: [] } };
      const asked = JSON.parse(body.toString());
      issued.push(asked);
      if (status !== 200) return { status, body: { success: false, errors: [{ message: "no such zone" }] } };
      return { status, body: { success: true, result: { certificate: sign(asked.csr, names, ofAnother) } } };
    });
    let secret: { value: string; contentType?: string; attributes?: { exp: number } } | undefined =
      before === undefined ? undefined : { value: before };
    const azure = await startServer(({ url, method, headers, body }) => {
      if (url.startsWith("/identity?")) return { status: 200, body: { access_token: "vault-token" } };
      if (headers.authorization !== "Bearer vault-token" || url !== "/secrets/origin-certificate?api-version=7.4")
        return { status: 403 };
      if (method === "PUT") secret = JSON.parse(body.toString());
      return secret === undefined ? { status: 404 } : { status: 200, body: secret };
    });
    const result = await runScript(script, {
      ...{
        CLOUDFLARE_API: cloudflare.url,
        CLOUDFLARE_API_TOKEN: "issuing-token",
        CONTENT_TYPE: "application/x-pkcs12",
      },
      ...{ IDENTITY_ENDPOINT: `${azure.url}/identity`, IDENTITY_HEADER: "header" },
      ...{ SECRET_URL: `${azure.url}/secrets/origin-certificate`, HOSTNAMES: JSON.stringify(hostnames) },
    });
    return { ...result, issued, secret };
  }

  /** The certificate in a secret, and whether its key belongs to it. */
  function opened(pkcs12: string) {
    writeFileSync(file("opened.pfx"), Buffer.from(pkcs12, "base64"));
    openssl("pkcs12", "-in", file("opened.pfx"), "-nodes", "-passin", "pass:", "-out", file("opened.pem"));
    const certificate = new X509Certificate(readFileSync(file("opened.pem")));
    const key = openssl("pkey", "-in", file("opened.pem"), "-pubout").toString();
    return { certificate, isOfKey: certificate.publicKey.export({ type: "spki", format: "pem" }) === key };
  }

  const dayMs = 86_400_000;

  it.each([
    ["the placeholder", certificateNotSet, "its certificate is not for api.example.com, app.example.com"],
    ["what cannot be read", "bm90LXNldC15ZXQ=", "it holds no certificate that can be read"],
    ["nothing", undefined, "it holds no certificate that can be read"],
  ])("takes the place of %s, with a key of its own and for 90 days", async (_what, held, why) => {
    const { exitCode, output, issued, secret } = await renew(held);
    expect({ exitCode, output }).toMatchObject({ exitCode: 0, output: expect.stringContaining(why) });
    expect(issued).toEqual([
      { csr: expect.any(String), hostnames, request_type: "origin-rsa", requested_validity: 90 },
    ]);
    const { certificate, isOfKey } = opened(secret?.value ?? "");
    expect(isOfKey).toBe(true);
    expect(hostnames.map((name) => certificate.checkHost(name))).toEqual(hostnames);
    expect(Math.round((Date.parse(certificate.validTo) - Date.now()) / dayMs)).toBe(90);
    const exp = Date.parse(certificate.validTo) / 1000;
    expect(secret).toMatchObject({ contentType: "application/x-pkcs12", attributes: { exp } });
    expect(output).not.toMatch(/PRIVATE KEY|issuing-token|vault-token/);
  });

  it("stays while it is valid for 32 more days and has every name, and is then another", async () => {
    // More names than are asked for do no harm.
    const good = held(33, [...hostnames, "old.example.com"]);
    const kept = await renew(good);
    expect({ exitCode: kept.exitCode, issued: kept.issued.length, held: kept.secret?.value }).toEqual({
      ...{ exitCode: 0, issued: 0, held: good },
    });
    const late = await renew(held(31));
    expect(late.output).toContain("its certificate ends in 30 days");
    expect(late.issued).toHaveLength(1);
  });

  it("fails, and leaves the vault alone, when Cloudflare refuses or issues something else", async () => {
    const refused = await renew(certificateNotSet, { status: 400 });
    expect(refused).toMatchObject({ exitCode: 1, secret: { value: certificateNotSet } });
    expect(refused.output).toContain(
      "Cloudflare answered 400, no such zone; the vault keeps what it has: its certificate is not for api.example.com",
    );
    const other = await renew(certificateNotSet, { names: ["api.example.com"] });
    expect(other).toMatchObject({ exitCode: 1, secret: { value: certificateNotSet } });
    expect(other.output).toContain("Cloudflare's certificate is not for app.example.com");
    const strange = await renew(certificateNotSet, { ofAnother: true });
    expect(strange).toMatchObject({ exitCode: 1, secret: { value: certificateNotSet } });
    expect(strange.output).toContain("Cloudflare's certificate is not of the key that it was asked for");
  });
});

describe("a job", () => {
  it("says which setting is missing, without a stack trace", async () => {
    const { exitCode, output } = await runScript(shippedProgram("programs/jobs/visit-sites.ts").text, {});
    expect({ exitCode, output }).toEqual({ exitCode: 1, output: "URLS is not set\n" });
  });
});
