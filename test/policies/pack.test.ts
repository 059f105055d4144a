import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import benchmark from "../../policies/benchmark.json";
import { exceptionChecks } from "../../policies/exception-checks";
import { loadRulePack } from "../../policies/rule-pack";
import { ruleIds, rules, stackRules } from "../../policies/rules";
import { currentType } from "../../policies/type-tokens";

/** A rule that goes missing goes unnoticed; so the list is written down twice. */
const expectedRules = [
  "required-tags",
  "environment-tag",
  "managed-by-tag",
  "not-expired",
  "storage-https-only",
  "storage-minimum-tls",
  "postgres-secure-transport",
  "postgres-minimum-tls",
  "container-app-https-only",
  "vault-purge-protection",
  "vault-soft-delete",
  "redis-tls-only",
  "redis-minimum-tls",
  "storage-infrastructure-encryption",
  "storage-own-key",
  "postgres-own-key",
  "apps-environment-peer-encryption",
  "redis-enterprise-minimum-tls",
  "redis-enterprise-tls-only",
  "zone-minimum-tls",
  "zone-strict-tls",
  "zone-https-only",
  "zone-dnssec",
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
  "storage-trusted-services",
  "storage-no-cross-tenant-replication",
  "postgres-throttles-logins",
  "apps-environment-private",
  "apps-environment-in-network",
  "vault-default-deny",
  "registry-private",
  "registry-no-export",
  "subnet-security-group",
  "private-endpoint-target",
  "redis-enterprise-private",
  "dns-record-proxied",
  "storage-default-entra",
  "storage-key-expiry",
  "storage-sas-expiry",
  "storage-no-local-users",
  "postgres-entra-only",
  "container-app-identity",
  "container-app-registry-identity",
  "container-app-secret-reference",
  "container-app-sign-in",
  "vault-roles",
  "vault-secret-expiry",
  "registry-own-tokens",
  "redis-enterprise-no-access-keys",
  "tailnet-key-once",
  "tailnet-key-ephemeral",
  "tailnet-device-approval",
  "storage-geo-redundant",
  "blob-soft-delete",
  "blob-container-soft-delete",
  "blob-versions",
  "blob-point-in-time-restore",
  "blob-immutability",
  "postgres-geo-backup",
  "postgres-backup-days",
  "postgres-standby",
  "postgres-maintenance-window",
  "postgres-storage-grows",
  "container-app-replicas",
  "container-app-no-sticky-sessions",
  "container-app-probes",
  "job-within-tier",
  "apps-environment-zones",
  "registry-premium",
  "registry-retention",
  "registry-zones",
  "postgres-log-checkpoints",
  "postgres-log-days",
  "postgres-log-connections",
  "postgres-audit",
  "apps-environment-logs",
  "diagnostic-setting-audit",
  "container-image-digest",
  "container-image-source",
  "branch-rules-enforced",
  "branch-signed-commits",
  "branch-linear-history",
  "branch-resolved-conversations",
  "branch-no-force-push",
  "branch-no-deletion",
  "branch-approvals",
  "actions-pinned",
  "stack-parity",
  "stateful-locked",
  "private-endpoint-exists",
  "private-endpoint-name",
  "postgres-administrators",
  "diagnostics-exist",
];

/** Options, and what the plan of the systems only warns of; every other rule stops a deployment. */
const notMandatory = {
  "required-tags": "advisory",
  "environment-tag": "advisory",
  "storage-own-key": "disabled",
  "postgres-own-key": "disabled",
  "registry-own-tokens": "disabled",
  "blob-point-in-time-restore": "disabled",
  "stack-parity": "advisory",
};

const allRules = [...rules, ...stackRules];

describe("the pack", () => {
  it("has exactly these rules", () => {
    expect(ruleIds).toEqual(expectedRules);
    expect(loadRulePack().rules).toBe(rules);
    expect(loadRulePack().stackRules).toBe(stackRules);
  });

  it("has exactly these checks of the exceptions", () => {
    expect(exceptionChecks.map(({ id, level }) => [id, level])).toEqual([
      ["exceptions-expired", "mandatory"],
      ["exceptions-unused", "advisory"],
    ]);
  });

  it.each(allRules)("keeps $id in the file of its name and family", ({ id, family }) => {
    expect(readdirSync(join("policies", "rules", family))).toContain(`${id}.ts`);
  });

  it("has no rule file that is not in the pack", () => {
    const files = readdirSync(join("policies", "rules")).flatMap((family) =>
      readdirSync(join("policies", "rules", family)),
    );
    expect(files.map((file) => file.replace(/\.ts$/, "")).sort()).toEqual([...expectedRules].sort());
  });

  it("stops deployments that break its rules, but for these", () => {
    const others = allRules.filter(({ level }) => level !== "mandatory");
    expect(Object.fromEntries(others.map(({ id, level }) => [id, level]))).toEqual(notMandatory);
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

  it("is covered in every row, or says why not", () => {
    const covered = new Set(allRules.flatMap(({ benchmarkRow }) => benchmarkRow ?? []));
    const open = benchmark.filter(({ row }) => !covered.has(row));
    expect(open.filter((row) => !("notCovered" in row))).toEqual([]);
    expect(benchmark.filter((row) => "notCovered" in row && covered.has(row.row))).toEqual([]);
    console.log(`${covered.size} of ${benchmark.length} rows of the benchmark are covered`);
    expect(covered.size).toBe(76);
  });

  it.each(allRules)("has the controls of $id in its row", ({ controls, benchmarkRow }) => {
    const row = benchmarkRow === undefined ? undefined : rowsOf.get(benchmarkRow);
    expect(controls.length).toBeGreaterThan(0);
    // What one rule asks of a service, another row may ask of all.
    const elsewhere = benchmark.flatMap((other) => other.controls);
    expect(["Own", ...(row === undefined ? [] : elsewhere)]).toEqual(expect.arrayContaining([...controls]));
  });

  it.each(benchmark)("has no control in row $row that no rule claims", ({ row, controls }) => {
    const claimed = allRules.flatMap((rule) => (rule.benchmarkRow === row ? rule.controls : []));
    const byOthers = allRules.filter(({ benchmarkRow }) => benchmarkRow !== row).flatMap((rule) => rule.controls);
    expect(controls.filter((control) => !claimed.includes(control) && !byOthers.includes(control))).toEqual([]);
    expect(claimed.length).toBeGreaterThan(0);
  });

  it.each(benchmark)("has no type in row $row that no rule reads", ({ row, types }) => {
    const read = allRules
      .filter(({ benchmarkRow }) => benchmarkRow === row)
      .flatMap((rule) => [...rule.types, ...("companions" in rule ? rule.companions : [])]);
    expect(types.filter((type) => !read.includes(type))).toEqual([]);
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
