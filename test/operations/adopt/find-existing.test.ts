import { afterEach, describe, expect, it } from "vitest";
import { unknownMarker } from "../../../deployment/values/signatures";
import type { JsonObject } from "../../../lib/json-value";
import { adoptableTypes, armTypes } from "../../../operations/adopt/adoptable-types";
import { CloudThings } from "../../../operations/adopt/cloud-things";
import { type ExistingThing, findExisting, type WantedResource } from "../../../operations/adopt/find-existing";
import { type Answer, LocalServer, type Received } from "../drift/local-server";

const record = "cloudflare:index/dnsRecord:DnsRecord";
const databaseType = "azure-native:dbforpostgresql:Database";
const planned = (name: string, inputs: JsonObject, type = record): WantedResource => ({ type, name, inputs });
const inZone = (type: string, content: string, more: JsonObject = {}) => ({
  ...{ zoneId: "z", name: "a.example", type, content },
  ...more,
});

async function found(wanted: readonly WantedResource[], there: readonly ExistingThing[]) {
  const things = { find: async () => there, hasAzure: async (id: string) => id.endsWith("/accounts/there") };
  const findings = await findExisting(wanted, things, "s");
  return findings.map((finding) => [
    finding.planned.name,
    finding.found,
    "id" in finding ? finding.id : "what" in finding ? finding.what : "ids" in finding ? finding.ids.length : "",
  ]);
}

describe("what exists of a name's records", () => {
  const one = { id: "1", properties: inZone("A", "192.0.2.1") };
  const two = { id: "2", properties: inZone("A", "192.0.2.2") };

  it("is the same record, or one of the same type that has another content", async () => {
    expect(await found([planned("x", inZone("A", "192.0.2.1"))], [one])).toEqual([["x", "adoptable", "z/1"]]);
    expect(await found([planned("x", inZone("A", "192.0.2.9"))], [one])).toEqual([["x", "adoptable", "z/1"]]);
    expect(await found([planned("x", inZone("TXT", "v=spf1"))], [one])).toEqual([]);
  });

  it("is taken by what is exactly as wanted before anything else may have it", async () => {
    const wanted = [planned("other", inZone("A", "192.0.2.9")), planned("same", inZone("A", "192.0.2.2"))];
    expect(await found(wanted, [two])).toEqual([["same", "adoptable", "z/2"]]);
    expect(await found(wanted, [one, two])).toEqual([
      ["other", "adoptable", "z/1"],
      ["same", "adoptable", "z/2"],
    ]);
  });

  it("is left to people when nothing says which is meant, or when it cannot be beside what is wanted", async () => {
    expect(await found([planned("x", inZone("A", "192.0.2.9"))], [one, two])).toEqual([["x", "ambiguous", 2]]);
    expect(await found([planned("x", inZone("CNAME", "b.example"))], [one])).toEqual([
      ["x", "in-the-way", "A 192.0.2.1"],
    ]);
  });

  it("is nothing below a zone that is not there yet", async () => {
    const wanted = { ...inZone("A", "192.0.2.1"), zoneId: unknownMarker };
    expect(await found([planned("x", wanted)], [one])).toEqual([]);
  });
});

describe("accounts", () => {
  const servers: LocalServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  const listed = (result: readonly unknown[]) => ({
    ...{ success: true, errors: [], messages: [], result },
    result_info: { page: 1, per_page: 100, count: result.length, total_count: result.length },
  });
  /** By method and path. Cloudflare's lists end with an empty page. */
  const answers: Readonly<Record<string, unknown>> = {
    "/zones": listed([{ id: "z", name: "a.example" }]),
    "/zones/z/dns_records": listed([{ id: "r", name: "a.example", type: "A", content: "192.0.2.1" }]),
    "/zones/z/rulesets": listed([
      { id: "s1", kind: "zone", phase: "http_ratelimit" },
      { id: "s2", kind: "managed", phase: "http_ratelimit" },
    ]),
    "/accounts/acc/pages/projects/site": listed([]),
    "/accounts/acc/pages/projects/site/domains/a.example": listed([]),
    "/accounts/acc/r2/buckets/media": listed([]),
    "/repos/ours/web": { name: "web" },
    "/repos/ours/web/environments/production": { name: "production" },
    "/repos/ours/web/actions/variables/PROJECT": { name: "PROJECT" },
    "/repos/ours/web/environments/production/variables/PROJECT": { name: "PROJECT" },
    "/repos/ours/web/rulesets": [{ id: 7, name: "main" }],
    "/subscriptions/s/resourceGroups/group/providers/Microsoft.DBforPostgreSQL/flexibleServers/db/databases/main": {},
    "/subscriptions/s/resourcegroups/group": "",
    "/subscriptions/s/resourceGroups/group/resources": {
      value: [
        { id: "/subscriptions/s/resourceGroups/Group/providers/Microsoft.KeyVault/vaults/ours" },
        { id: "/subscriptions/s/resourceGroups/group/providers/Microsoft.DBforPostgreSQL/flexibleServers/db" },
      ],
    },
  };
  let asked: string[] = [];
  async function things() {
    asked = [];
    const server = await LocalServer.start(({ method, url }: Received): Answer => {
      asked.push(url);
      const path = url.split("?")[0] ?? "";
      if (/[?&]page=(?!1\b)/.test(url)) return { status: 200, body: listed([]) };
      const body = answers[path];
      if (body === undefined) return { status: 404, body: { success: false, message: "Not Found", errors: [] } };
      return { status: method === "HEAD" ? 204 : 200, body };
    });
    servers.push(server);
    return new CloudThings({
      githubOwner: "ours",
      azure: { endpoint: server.url, token: async () => "token" },
      cloudflare: { endpoint: server.url, token: "token" },
      github: { baseUrl: server.url, token: "token" },
    });
  }

  const repository = { repository: "web" };
  const inputs: Readonly<Record<string, readonly [exists: JsonObject, id: string, missing: JsonObject]>> = {
    Zone: [{ name: "a.example" }, "z", {}],
    DnsRecord: [{ zoneId: "z", name: "a.example", type: "A" }, "z/r", { type: "TXT" }],
    Ruleset: [{ zoneId: "z", phase: "http_ratelimit" }, "zones/z/s1", { phase: "http_request_cache_settings" }],
    PagesProject: [{ accountId: "acc", name: "site" }, "acc/site", { name: "other" }],
    PagesDomain: [
      { accountId: "acc", projectName: "site", name: "a.example" },
      "acc/site/a.example",
      { name: "b.example" },
    ],
    R2Bucket: [{ accountId: "acc", name: "media", jurisdiction: "eu" }, "acc/media/eu", { name: "other" }],
    Repository: [{ name: "web" }, "web", { name: "other" }],
    RepositoryEnvironment: [{ ...repository, environment: "production" }, "web:production", { environment: "other" }],
    ActionsVariable: [{ ...repository, variableName: "PROJECT" }, "web:PROJECT", { variableName: "OTHER" }],
    ActionsEnvironmentVariable: [
      { ...repository, environment: "production", variableName: "PROJECT" },
      "web:production:PROJECT",
      { variableName: "OTHER" },
    ],
    RepositoryRuleset: [{ ...repository, name: "main" }, "web:7", { name: "other" }],
    Acl: [{}, "acl", {}],
    DnsConfiguration: [{}, "dns_configuration", {}],
    TailnetSettings: [{}, "tailnet_settings", {}],
  };

  it.each(Object.keys(adoptableTypes))("are asked for %s", async (type) => {
    const [wanted, id, missing] = inputs[type.split(":").at(-1) ?? ""] ?? [{}, "", {}];
    const cloud = await things();
    expect(await findExisting([planned("x", wanted, type)], cloud, "s")).toMatchObject([{ found: "adoptable", id }]);
    if (Object.keys(missing).length === 0) return;
    expect(await findExisting([planned("x", { ...wanted, ...missing }, type)], cloud, "s")).toEqual([]);
  });

  it("are asked for what is in a server, which no list of its group has", async () => {
    const cloud = await things();
    const database = (databaseName: string, serverName: string) =>
      planned(databaseName, { resourceGroupName: "group", serverName, databaseName }, databaseType);
    const others = [database("other", "db"), database("main", "nowhere"), database("main", unknownMarker)];
    const findings = await findExisting([database("main", "db"), ...others], cloud, "s");
    const server = "/subscriptions/s/resourceGroups/group/providers/Microsoft.DBforPostgreSQL/flexibleServers/db";
    expect(findings).toMatchObject([{ found: "adoptable", id: `${server}/databases/main` }]);
    expect(asked).toContain(`${server}/databases/main?api-version=2025-08-01`);
    // Where nobody has used the service yet, Azure refuses to look into a server.
    expect(asked.filter((url) => url.includes("nowhere"))).toEqual([]);
  });

  it("are asked for what is in a resource group of Azure, in whatever case its id is written", async () => {
    const cloud = await things();
    const [type = "", [, property = ""] = []] =
      Object.entries(armTypes).find(([each]) => each === "azure-native:keyvault:Vault") ?? [];
    const vault = (name: string, resourceGroupName = "group") =>
      planned(name, { resourceGroupName, [property]: name }, type);
    const group = planned("group", { resourceGroupName: "group" }, "azure-native:resources:ResourceGroup");
    const others = [vault("theirs"), vault("ours", "nowhere"), vault("ours", unknownMarker)];
    const findings = await findExisting([group, vault("ours"), ...others], cloud, "s");
    expect(findings.map((finding) => finding.found === "adoptable" && finding.id)).toEqual([
      "/subscriptions/s/resourceGroups/group",
      "/subscriptions/s/resourceGroups/group/providers/Microsoft.KeyVault/vaults/ours",
    ]);
  });
});
