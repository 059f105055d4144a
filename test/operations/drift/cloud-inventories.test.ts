import { afterEach, describe, expect, it } from "vitest";
import { describeError } from "../../../cli/describe-error";
import { sessionTokens } from "../../../lib/session-tokens";
import { AzureInventory, CloudflareInventory } from "../../../operations/drift/cloud-inventory";
import { TailscaleInventory, tailnetToken } from "../../../operations/drift/tailscale-inventory";
import { findUnmanagedObjects } from "../../../operations/drift/unmanaged";
import { expectedObjects } from "../../../stacks/alai/alai-hosts";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";
import { type Answer, LocalServer, type Received } from "./local-server";

const servers: LocalServer[] = [];
async function serving(answer: (request: Received) => Answer): Promise<LocalServer> {
  const server = await LocalServer.start(answer);
  servers.push(server);
  return server;
}
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const token = "canary-token";

describe("Azure's resource groups", () => {
  const scope = { cloud: "azure", resourceGroup: "/subscriptions/s-1/resourceGroups/group-1" } as const;
  const id = (name: string) => `${scope.resourceGroup}/providers/Microsoft.Storage/storageAccounts/${name}`;
  const listed = (name: string) => ({ id: id(name), name, type: "Microsoft.Storage/storageAccounts" });

  it("are listed through Resource Manager, page by page", async () => {
    const server: LocalServer = await serving(({ url }) => {
      if (url.includes("page=2")) return { status: 200, body: { value: [listed("two")] } };
      return { status: 200, body: { value: [listed("one")], nextLink: `${server.url}/next?page=2` } };
    });
    const lister = new AzureInventory({ endpoint: server.url, token: async () => token });
    expect(await lister.list(scope)).toEqual([listed("one"), listed("two")]);
    expect(server.received[0]?.url).toMatch(/^\/subscriptions\/s-1\/resource[gG]roups\/group-1\/resources\?/);
    expect(server.received[0]?.headers.authorization).toBe(`Bearer ${token}`);
  });

  it("that cannot be read are an error, not an empty list", async () => {
    const body = { error: { code: "AuthorizationFailed", message: "the client may not read" } };
    const server = await serving(() => ({ status: 403, body }));
    const lister = new AzureInventory({ endpoint: server.url, token: async () => token });
    await expect(lister.list(scope)).rejects.toThrow(/may not read/);
    await expect(lister.list({ cloud: "azure", resourceGroup: "group-1" })).rejects.toThrow(
      /not the id of a resource group/,
    );
  });
});

it("a cloud that nobody is signed in to is named, with what to do, and ends a command with 3", async () => {
  const scope = { cloud: "azure", resourceGroup: "/subscriptions/s-1/resourceGroups/group-1" } as const;
  const server = await serving(() => ({ status: 200, body: { value: [] } }));
  const refused = Object.assign(new Error("six\ncredentials\nfailed"), { name: "AggregateAuthenticationError" });
  const azure = new AzureInventory({ endpoint: server.url, token: () => Promise.reject(refused) });
  const cloudflare = new CloudflareInventory({ token: "" });
  for (const [lister, where, advice] of [
    [azure, scope, /group-1.*Sign in with az login/],
    [cloudflare, { cloud: "cloudflare", zone: "z" }, /CLOUDFLARE_API_TOKEN/],
  ] as const) {
    const error = await lister.list(where).catch((caught: unknown) => caught);
    expect(describeError(error)).toMatchObject({ exitCode: 3, message: expect.stringMatching(advice) });
    expect(describeError(error).message).not.toContain("\n");
  }
});

describe("Cloudflare's zones", () => {
  const answers: Readonly<Record<string, readonly unknown[]>> = {
    dns_records: [{ id: "r1", name: "a.alai.example", type: "A", content: "192.0.2.1", ttl: 1, proxied: false }],
    routes: [{ id: "w1", pattern: "alai.example/*", script: "stranger" }],
    rulesets: [
      { id: "s1", name: "ours", kind: "zone", phase: "http_request_origin", version: "1", last_updated: "" },
      { id: "s2", name: "Cloudflare Managed", kind: "managed", phase: "ddos_l7", version: "1", last_updated: "" },
    ],
  };
  const answer = ({ url }: Received): Answer => {
    const path = url.split("?")[0]?.split("/").at(-1) ?? "";
    const result = /[?&]page=(?!1\b)/.test(url) ? [] : (answers[path] ?? []);
    const result_info = { page: 1, per_page: 1000, count: result.length, total_count: result.length };
    return { status: 200, body: { success: true, errors: [], messages: [], result, result_info } };
  };

  it("are listed with records, routes and their own rulesets", async () => {
    const server = await serving(answer);
    const found = await new CloudflareInventory({ endpoint: server.url, token }).list({
      cloud: "cloudflare",
      zone: "z1",
    });
    expect(found.map(({ type, id, name }) => `${type.split(":").at(-1)} ${id} ${name}`)).toEqual([
      "DnsRecord r1 A a.alai.example",
      "WorkersRoute w1 alai.example/*",
      "Ruleset s1 ours",
    ]);
    expect(found[0]?.properties).toMatchObject({ zoneId: "z1", content: "192.0.2.1", proxied: false });
    expect(server.received[0]?.url).toMatch(/^\/zones\/z1\/dns_records\?/);
  });

  it("that cannot be read, or without a token, are an error", async () => {
    const body = { success: false, errors: [{ code: 10000, message: "Authentication error" }] };
    const server = await serving(() => ({ status: 403, body }));
    const scope = { cloud: "cloudflare", zone: "z1" } as const;
    await expect(new CloudflareInventory({ endpoint: server.url, token }).list(scope)).rejects.toThrow(/403/);
    await expect(new CloudflareInventory({ token: "" }).list(scope)).rejects.toThrow(/CLOUDFLARE_API_TOKEN/);
  });
});

describe("the tailnet", () => {
  const scope = { cloud: "tailscale" } as const;
  const devices = [{ nodeId: "n1", hostname: "anvil", tags: ["tag:host"], authorized: true, isExternal: false }];
  const keys = [
    { id: "k1", keyType: "auth", description: "router" },
    { id: "k2", keyType: "api", description: "somebody's" },
  ];

  it("is listed with devices and the keys that let devices in, after a limit", async () => {
    let limited = false;
    const server = await serving(({ url }) => {
      if (!limited) {
        limited = true;
        return { status: 429, body: "slow down" };
      }
      return { status: 200, body: url.endsWith("/devices") ? { devices } : { keys } };
    });
    const lister = new TailscaleInventory({ endpoint: server.url, token, retrySeconds: 0.01 });
    expect((await lister.list(scope)).map(({ id, name }) => `${id} ${name}`)).toEqual(["n1 anvil", "k1 router"]);
    expect(server.received).toHaveLength(3);
  });

  it.each([
    ["a refusal", { status: 403, body: {} }, /answers 403/, 1],
    ["trouble that stays", { status: 503, body: {} }, /answers 503/, 4],
    ["a page of HTML", { status: 200, body: "<html>" }, /no JSON.*<html>/, 1],
  ])("with %s is an error without the token", async (_what, given, message, requests) => {
    const server = await serving(() => given);
    const lister = new TailscaleInventory({ endpoint: server.url, token, retrySeconds: 0.01 });
    await expect(lister.list(scope)).rejects.toThrow(message);
    await expect(lister.list(scope)).rejects.not.toThrow(token);
    expect(server.received.length).toBe(requests * 2);
  });

  it("is listed from a workflow without any key, for GitHub's word for who the run is", async () => {
    const server = await serving(({ url, headers: { authorization }, body }) => {
      if (url.startsWith("/oidc"))
        return authorization === "Bearer canary" && url.includes("audience=aud")
          ? { status: 200, body: { value: "word" } }
          : { status: 401, body: {} };
      if (url.endsWith("/token-exchange"))
        return body === "client_id=client&jwt=word"
          ? { status: 200, body: { access_token: "short" } }
          : { status: 400, body: {} };
      return {
        status: authorization === "Bearer short" ? 200 : 401,
        body: url.endsWith("/devices") ? { devices } : { keys },
      };
    });
    const environment = {
      TAILSCALE_OAUTH_CLIENT_ID: "client",
      TAILSCALE_AUDIENCE: "aud",
      ACTIONS_ID_TOKEN_REQUEST_URL: `${server.url}/oidc?v=1`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "canary",
    };
    const given = await tailnetToken(environment, server.url);
    expect(given).toBe("short");
    // Nothing shown repeats either.
    expect([...sessionTokens()]).toEqual(expect.arrayContaining(["word", "short"]));
    expect(await new TailscaleInventory({ endpoint: server.url, token: given }).list(scope)).toHaveLength(2);
    const other = tailnetToken({ ...environment, TAILSCALE_AUDIENCE: "other" }, server.url);
    await expect(other).rejects.toThrow("GitHub answers 401 when asked for a token");
    await expect(tailnetToken({}, server.url)).rejects.toThrow("TAILSCALE_API_KEY");
  });
});

describe("what is in a stack's zone and in no state it can read", () => {
  it("is drift, unless the inventory says that another environment has it there", async () => {
    const record = (name: string) => ({ type: "cloudflare:index/dnsRecord:DnsRecord", id: `id-of-${name}`, name });
    const listed = ["CNAME dev.alai.no", "CNAME dev.stranger.no", "A dev.alai.no", "TXT alai.no"].map(record);
    const zone = { type: "cloudflare:index/zone:Zone", id: "z1", owned: true, urn: "urn", outputs: {} };
    const left = await findUnmanagedObjects({
      lister: { list: async () => listed },
      deployed: [{ ...zone, dependencies: [], propertyDependencies: {} }],
      otherStates: async () => [],
      inventoried: new Set(expectedObjects(loadAlaiInventory())),
    });
    expect(left.map(({ name }) => name)).toEqual(["CNAME dev.stranger.no", "A dev.alai.no", "TXT alai.no"]);
  });
});
