import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { status } from "@grpc/grpc-js";
import { PluginAttach, type PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import {
  CheckRequest,
  type CheckResponse,
  DiffRequest,
  DiffResponse,
  GetMappingRequest,
  GetSchemaRequest,
  type GetSchemaResponse,
  PropertyDiff,
  ProviderHandshakeRequest,
  type ProviderHandshakeResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { call, PluginProcess } from "./plugin-process";

const secretSignature = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
const unknownMarker = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const record = "cloudflare:index/dnsRecord:DnsRecord";
const zoneId = "c0de0000000000000000000000000001";
const a = { zoneId, name: "app.alai.no", type: "A", content: "192.0.2.1", ttl: 300 };

function newDirectory(): string {
  return mkdtempSync(join(tmpdir(), "plugins-"));
}

describe("the provider protocol", () => {
  const directory = newDirectory();
  let plugin: PluginProcess;
  beforeAll(async () => {
    plugin = await PluginProcess.start("cloudflare", directory);
  });
  afterAll(async () => {
    await plugin.stop();
    rmSync(directory, { recursive: true });
  });

  it("shakes hands and says that it takes secrets", async () => {
    const request = new ProviderHandshakeRequest().setEngineAddress("127.0.0.1:1");
    const response = await call<ProviderHandshakeResponse>((done) => plugin.client.handshake(request, done));
    expect(response.getAcceptSecrets()).toBe(true);
    expect(response.getAcceptResources()).toBe(false);
  });

  it("tells the version of the package and an empty schema", async () => {
    const info = await call<PluginInfo>((done) => plugin.client.getPluginInfo(new Empty(), done));
    expect(info.getVersion()).toBe("6.22.1");
    const schema = await call<GetSchemaResponse>((done) => plugin.client.getSchema(new GetSchemaRequest(), done));
    expect(JSON.parse(schema.getSchema())).toEqual({});
  });

  it("lets an engine attach", async () => {
    await call((done) => plugin.client.attach(new PluginAttach().setAddress("127.0.0.1:1"), done));
  });

  it("checks, compares and takes configuration", async () => {
    const config = Struct.fromJavaScript({ apiToken: "x", version: "6.22.1" });
    const request = new CheckRequest()
      .setUrn("urn:pulumi:test::plugins::pulumi:providers:cloudflare::default")
      .setNews(config);
    const checked = await call<CheckResponse>((done) => plugin.client.checkConfig(request, done));
    expect(checked.getInputs()?.toJavaScript()).toEqual({ apiToken: "x", version: "6.22.1" });
    const diff = new DiffRequest()
      .setOlds(config)
      .setOldInputs(config)
      .setNews(Struct.fromJavaScript({ apiToken: "y" }));
    const difference = await call<DiffResponse>((done) => plugin.client.diffConfig(diff, done));
    expect(difference.getChanges()).toBe(DiffResponse.DiffChanges.DIFF_SOME);
    expect((await plugin.configure({ apiToken: "x" })).getSupportspreview()).toBe(true);
  });

  it("checks inputs and names what is wrong", async () => {
    expect((await plugin.check(record, a)).getInputs()?.toJavaScript()).toEqual(a);
    const failures = (await plugin.check(record, { ...a, type: "ANAME" })).getFailuresList();
    expect(failures.map((failure) => failure.getProperty())).toEqual(["type"]);
  });

  it("makes, compares, reads, changes and deletes", async () => {
    const made = await plugin.create(record, a);
    const outputs = made.getProperties()?.toJavaScript() ?? {};
    expect(outputs).toMatchObject({ ...a, proxiable: true });

    const moved = { ...a, zoneId: "c0de0000000000000000000000000002", ttl: 600 };
    const difference = await plugin.diff(record, made.getId(), a, moved);
    expect(difference.getChanges()).toBe(DiffResponse.DiffChanges.DIFF_SOME);
    expect(difference.getReplacesList()).toEqual(["zoneId"]);
    expect(difference.getHasdetaileddiff()).toBe(true);
    expect(difference.getDetaileddiffMap().get("zoneId")?.getKind()).toBe(PropertyDiff.Kind.UPDATE_REPLACE);
    expect(difference.getDetaileddiffMap().get("ttl")?.getKind()).toBe(PropertyDiff.Kind.UPDATE);
    const same = await plugin.diff(record, made.getId(), a, a);
    expect(same.getChanges()).toBe(DiffResponse.DiffChanges.DIFF_NONE);

    const updated = await plugin.update(record, made.getId(), a, { ...a, ttl: 600 });
    expect(updated.getProperties()?.toJavaScript()).toMatchObject({ ttl: 600 });
    const found = await plugin.read(record, `${zoneId}/${made.getId()}`);
    expect(found.getInputs()?.toJavaScript()).toMatchObject({ ...a, ttl: 600 });

    await plugin.delete(record, made.getId(), a);
    expect((await plugin.read(record, made.getId(), a, outputs)).getId()).toBe("");
    await plugin.delete(record, made.getId(), a);
  });

  it("previews without changing anything", async () => {
    const preview = await plugin.create(record, { ...a, name: "preview.alai.no", content: unknownMarker }, true);
    expect(preview.getId()).toBe("");
    expect(preview.getProperties()?.toJavaScript()).toMatchObject({ content: unknownMarker, createdOn: unknownMarker });
    const filter = { zoneId, name: { exact: "preview.alai.no" } };
    const found = await plugin.invoke("cloudflare:index/getDnsRecords:getDnsRecords", filter);
    expect(found.getReturn()?.toJavaScript()).toMatchObject({ results: [] });
  });

  it("answers functions, and refuses with the service's own code", async () => {
    const answer = await plugin.invoke("cloudflare:index/getZone:getZone", { filter: { name: "bilko.io" } });
    expect(answer.getReturn()?.toJavaScript()).toMatchObject({ status: "active" });
    await expect(plugin.invoke("cloudflare:index/getZone:getZone", { zoneId: "none" })).rejects.toMatchObject({
      code: status.UNKNOWN,
      details: expect.stringContaining('Code="7003" Status=404'),
    });
    await expect(plugin.create(record, { ...a, content: "not an address" })).rejects.toMatchObject({
      code: status.UNKNOWN,
      details: expect.stringContaining('Code="9005"'),
    });
  });

  it("passes secrets and references through", async () => {
    const token = "cloudflare:index/apiToken:ApiToken";
    const policies = [{ effect: "allow", permissionGroups: [{ id: "p" }], resources: "{}" }];
    const made = await plugin.create(token, { name: { ...secretSignature, value: "canary-4711" }, policies });
    const outputs: unknown = made.getProperties()?.toJavaScript();
    expect(outputs).toMatchObject({
      name: { ...secretSignature, value: "canary-4711" },
      value: { ...secretSignature, value: expect.stringMatching(/^[\w-]{40}$/) },
    });
    const reference = { "4dabf18193072939515e22adb298388d": "5cf8f73096256a8f31e491e813e4eb8e", urn: "urn:x", id: "1" };
    const asset = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", text: "hello", hash: "h" };
    const generic = await plugin.create("cloudflare:index/queue:Queue", { reference, asset });
    expect(generic.getProperties()?.toJavaScript()).toEqual({ reference, asset });
  });

  it("keeps secrets out of the world's file", () => {
    const file = readFileSync(join(directory, "world.jsonl"), "utf8");
    expect(file.includes("apiToken:ApiToken")).toBe(true);
    expect(file.includes("canary-4711")).toBe(false);
  });

  it("says that it lacks what it lacks", async () => {
    await expect(call((done) => plugin.client.getMapping(new GetMappingRequest(), done))).rejects.toMatchObject({
      code: status.UNIMPLEMENTED,
    });
  });

  it("changes nothing more once it is cancelled", async () => {
    await call((done) => plugin.client.cancel(new Empty(), done));
    await expect(plugin.create(record, { ...a, name: "late.alai.no" })).rejects.toMatchObject({
      code: status.CANCELLED,
    });
    await expect(plugin.delete(record, "any", a)).rejects.toMatchObject({ code: status.CANCELLED });
    expect((await plugin.create(record, a, true)).getId()).toBe("");
    // The engine waits for that: a plugin that stayed would cost each run 5 seconds.
    await plugin.interrupt();
  });
});

describe("plugins that share a world", () => {
  const directory = newDirectory();
  const running: PluginProcess[] = [];
  const start = async (packageName: string): Promise<PluginProcess> => {
    const plugin = await PluginProcess.start(packageName, directory);
    running.push(plugin);
    return plugin;
  };
  afterEach(async () => {
    await Promise.all(running.splice(0).map((plugin) => plugin.stop()));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each(["azure-native", "cloudflare", "github", "tailscale", "command", "random"])("starts for %s", async (name) => {
    const plugin = await start(name);
    const info = await call<PluginInfo>((done) => plugin.client.getPluginInfo(new Empty(), done));
    expect(info.getVersion()).toMatch(/^\d+\.\d+\.\d+$/);
    await plugin.configure({});
  });

  it("see each other's objects at once, and lose none", async () => {
    const plugins = await Promise.all([start("cloudflare"), start("cloudflare")]);
    const made = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        plugins[index % 2]?.create(record, { ...a, name: `app-${index}.alai.no`, content: `192.0.2.${index}` }),
      ),
    );
    expect(new Set(made.map((response) => response?.getId())).size).toBe(40);
    for (const plugin of plugins) {
      const found = await plugin.invoke("cloudflare:index/getDnsRecords:getDnsRecords", {
        zoneId,
        name: { startswith: "app-" },
      });
      expect(found.getReturn()?.getFieldsMap().get("results")?.getListValue()?.getValuesList()).toHaveLength(40);
    }
    await expect(plugins[1]?.create(record, { ...a, name: "app-0.alai.no", content: "192.0.2.0" })).rejects.toThrow(
      "81058",
    );
  });

  it("conflict when both commit to one branch at once", async () => {
    const [first, second] = await Promise.all([start("github"), start("github")]);
    const file = (name: string) => ({ repository: "alai-infra", file: name, content: "x", branch: "main" });
    const type = "github:index/repositoryFile:RepositoryFile";
    const outcomes: string[] = [];
    for (let round = 0; round < 20 && outcomes.length === 0; round += 1) {
      const results = await Promise.allSettled([
        first.create(type, file(`first-${round}`)),
        second.create(type, file(`second-${round}`)),
      ]);
      outcomes.push(...results.flatMap((result) => (result.status === "rejected" ? [String(result.reason)] : [])));
    }
    expect(outcomes.length).toBeGreaterThan(0);
    for (const outcome of outcomes) expect(outcome).toMatch(/Status=409.*but expected/);
  });

  it("end when whoever started them is gone", async () => {
    const script = join(__dirname, "../../../sandbox/bin/pulumi-resource-random");
    const starter = `const child = require("child_process").spawn(process.execPath, [${JSON.stringify(script)}], { stdio: ["ignore", "pipe", "ignore"], env: { ...process.env, SANDBOX_DIRECTORY: ${JSON.stringify(directory)} } });
      child.stdout.once("data", (port) => { console.log(String(port).trim()); process.exit(0); });`;
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", starter]);
    const port = Number(stdout);
    for (let attempt = 0; attempt < 50 && (await isTaken(port)); attempt += 1) await wait(100);
    expect(await isTaken(port)).toBe(false);
  });
});

/** Whether something listens on the port. */
function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(true));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(false)));
  });
}
