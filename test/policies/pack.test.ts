import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import benchmark from "../../policies/benchmark.json";
import { exceptionChecks } from "../../policies/exception-checks";
import { loadRulePack } from "../../policies/rule-pack";
import { ruleIds, rules } from "../../policies/rules";
import { currentType } from "../../policies/type-tokens";

/** A rule that goes missing goes unnoticed; so the list is written down twice. */
const expectedRules = [
  "required-tags",
  "environment-tag",
  "managed-by-tag",
  "storage-https-only",
  "storage-minimum-tls",
  "postgres-secure-transport",
  "postgres-minimum-tls",
  "container-app-https-only",
  "vault-purge-protection",
  "vault-soft-delete",
  "redis-tls-only",
  "redis-minimum-tls",
  "storage-no-public-blobs",
  "storage-no-account-keys",
  "storage-private",
  "storage-default-deny",
  "blob-container-private",
  "postgres-private",
  "postgres-no-azure-wide-access",
  "postgres-no-internet-wide-access",
  "container-app-not-exposed",
  "vault-private",
  "registry-no-admin-user",
  "registry-no-anonymous-pull",
  "network-no-open-ports",
  "redis-private",
  "redis-no-access-keys",
];

/** The rows of the benchmark that the pack covers so far. */
const coveredRows = [1, 2, 3, 4, 5, 6, 21, 23, 33, 34, 35, 36, 42, 43, 57, 58, 60, 63, 67, 70];

describe("the pack", () => {
  it("has exactly these rules", () => {
    expect(ruleIds).toEqual(expectedRules);
    expect(loadRulePack().rules).toBe(rules);
  });

  it("has exactly these checks of the exceptions", () => {
    expect(exceptionChecks.map(({ id, level }) => [id, level])).toEqual([
      ["exceptions-expired", "mandatory"],
      ["exceptions-unused", "advisory"],
    ]);
  });

  it.each(rules)("keeps $id in the file of its name and family", ({ id, family }) => {
    expect(readdirSync(join("policies", "rules", family))).toContain(`${id}.ts`);
  });

  it("has no rule file that is not in the pack", () => {
    const files = ["tagging", "encryption", "public-access"].flatMap((family) =>
      readdirSync(join("policies", "rules", family)),
    );
    expect(files.map((file) => file.replace(/\.ts$/, "")).sort()).toEqual([...expectedRules].sort());
  });

  it("stops deployments that break any of its rules, unless a stack says otherwise", () => {
    expect(rules.filter(({ level }) => level !== "mandatory")).toEqual([]);
  });

  it("instantiates PolicyPack in one place", () => {
    const files = readdirSync("policies", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    const instantiating = files.filter((file) =>
      readFileSync(join("policies", file), "utf8").includes("new PolicyPack"),
    );
    expect(instantiating).toEqual(["index.ts"]);
  });
});

describe("the benchmark", () => {
  const rowsOf = new Map(benchmark.map((row) => [row.row, row]));

  it("has 76 rows", () => {
    expect(benchmark.map(({ row }) => row)).toEqual(Array.from({ length: 76 }, (_, index) => index + 1));
  });

  it("is covered in these rows", () => {
    const covered = new Set(rules.flatMap(({ benchmarkRow }) => benchmarkRow ?? []));
    expect([...covered].sort((left, right) => left - right)).toEqual(coveredRows);
  });

  it.each(rules)("has the controls of $id in its row", ({ controls, benchmarkRow }) => {
    const row = benchmarkRow === undefined ? undefined : rowsOf.get(benchmarkRow);
    expect(controls.length).toBeGreaterThan(0);
    expect(["Own", ...(row?.controls ?? [])]).toEqual(expect.arrayContaining([...controls]));
  });

  it.each(coveredRows)("has no control in row %i that no rule claims", (row) => {
    const claimed = rules.filter(({ benchmarkRow }) => benchmarkRow === row).flatMap(({ controls }) => controls);
    expect(claimed).toEqual(expect.arrayContaining(rowsOf.get(row)?.controls ?? ["no such row"]));
  });

  it.each(rules.filter(({ types }) => types !== "taggable"))("names the types of $id", ({ types, benchmarkRow }) => {
    const row = benchmarkRow === undefined ? undefined : rowsOf.get(benchmarkRow);
    expect(types).toEqual(expect.arrayContaining(row?.types ?? ["no such row"]));
  });
});

describe("type tokens", () => {
  it.each([
    ["azure-native:storage/v20230101:StorageAccount", "azure-native:storage:StorageAccount"],
    ["azure-native:dbforpostgresql/v20230301preview:Server", "azure-native:dbforpostgresql:Server"],
    ["azure-native_storage_v20240101:storage:StorageAccount", "azure-native:storage:StorageAccount"],
    ["azure-native:insights:DiagnosticSetting", "azure-native:monitor:DiagnosticSetting"],
    ["azure-native:insights/v20210501preview:DiagnosticSetting", "azure-native:monitor:DiagnosticSetting"],
    ["azure-native:cache:Redis", "azure-native:redis:Redis"],
    ["azure-native:network/v20240601:PrivateZone", "azure-native:privatedns:PrivateZone"],
    ["azure-native:storage:StorageAccount", "azure-native:storage:StorageAccount"],
    ["cloudflare:index/dnsRecord:DnsRecord", "cloudflare:index/dnsRecord:DnsRecord"],
    ["pulumi:pulumi:Stack", "pulumi:pulumi:Stack"],
  ])("%s is %s", (token, current) => {
    expect(currentType(token)).toBe(current);
  });
});
