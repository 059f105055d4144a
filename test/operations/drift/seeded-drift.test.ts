import { beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../../deployment/values/property-value";
import type { DriftReport } from "../../../operations/drift/find-drift";
import type { WorldObject } from "../../../sandbox/world/world";
import { applyForeignChange } from "../../sandbox/world/foreign-change";
import { AlaiWorld } from "../../stacks/alai-world";
import { alaiDrift } from "./alai-drift";

const canary = "canary-of-a-stranger";

describe("what a stranger did in prod", () => {
  let alai: AlaiWorld;
  let report: DriftReport;

  const object = (kind: string, part: string): WorldObject => {
    const found = alai.world.objects().find((each) => each.kind === kind && each.id.includes(part));
    if (found === undefined) throw new Error(`no ${kind} with "${part}"`);
    return found;
  };
  const set = (kind: string, part: string, path: string, value: WorldObject["properties"][string]) =>
    applyForeignChange(alai.world, { action: "set", kind, id: object(kind, part).id, path, value });
  const add = (made: WorldObject) => applyForeignChange(alai.world, { action: "create", object: made });
  const remove = ({ kind, id }: WorldObject) => applyForeignChange(alai.world, { action: "delete", kind, id });

  beforeAll(async () => {
    alai = await AlaiWorld.deployed();
    const account = object("azure-native:storage:StorageAccount", "alaibackups");
    const record = object("cloudflare:index/dnsRecord:DnsRecord", "");
    // Two ordinary changes, one that opens something up, one that only looks like it.
    await set("azure-native:dbforpostgresql:Server", "alai-prod", "backup.backupRetentionDays", 10);
    await set("azure-native:app:ContainerApp", "alai-prod-mc-api", "latestRevisionName", "alai-prod-mc-api--0000002");
    await set("azure-native:storage:StorageAccount", "alaibackups", "allowBlobPublicAccess", true);
    await set("azure-native:keyvault:Vault", "alai-prod", "tags.CostCenter", "999");
    // A person sets it, so it is not drift.
    await set(
      "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret",
      "alai-infra:",
      "value",
      new Secret(canary),
    );
    await set("azure-native:keyvault:SecretValue", "alai-prod", "value", new Secret(canary));
    await set("azure-native:keyvault:SecretValue", "alai-prod", "revision", 2);
    await remove(record);
    await remove(object("azure-native:network:PrivateEndpoint", "vault"));
    const stranger = { ...account.properties, name: "stranger", key: new Secret(canary) };
    await add({ ...account, id: account.id.replace("alaibackups", "stranger"), properties: stranger });
    await add({ ...record, id: "f00d", properties: { ...record.properties, name: "phish.alai.no" } });
    report = await alaiDrift(alai, "prod");
  }, 60_000);

  it("is found and classified, and nothing else", () => {
    const found = report.findings.map(
      ({ severity, kind, type, name }) => `${severity} ${kind} ${type.split(":").at(-1)} ${name}`,
    );
    expect(found.sort()).toEqual([
      "ordinary changed Server postgres",
      "ordinary deleted DnsRecord bilko-demo.alai.no-site",
      "ordinary retagged Vault vault",
      "security changed StorageAccount backups",
      "security deleted PrivateEndpoint vault-vault",
      "security unmanaged DnsRecord phish.alai.no",
      "security unmanaged StorageAccount stranger",
    ]);
    // The new revision is a release: the reviewed list has it, or the engine asks nothing to be done about it.
    expect(JSON.stringify(report.findings)).not.toContain("latestRevision");
  });

  it("is told with what changed, and which policies it breaks", () => {
    const finding = (name: string) => report.findings.find((each) => each.name === name);
    expect(finding("postgres")).toMatchObject({
      properties: [{ path: "backup.backupRetentionDays", before: "14", after: "10" }],
      broken: [expect.stringMatching(/^postgres-backup-days: /)],
    });
    expect(finding("backups")?.broken).toEqual([expect.stringMatching(/^storage-no-public-blobs: /)]);
    expect(finding("vault-vault")?.broken).toEqual([expect.stringMatching(/^private-endpoint-exists: /)]);
    expect(finding("vault")?.properties).toMatchObject([{ path: "tags.CostCenter", after: '"999"' }]);
    expect(JSON.stringify(report.findings)).not.toContain("ActionsEnvironmentSecret");
  });

  it("shows no secret", () => {
    expect(JSON.stringify(report)).not.toContain(canary);
  });
});
