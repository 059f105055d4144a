import { describe, expect, it } from "vitest";
import { movedTypesOfPackages } from "../../lib/moved-types.data-generator";
import table from "../../lib/moved-types.generated.json";
import { privateServices } from "../../lib/private-services";
import { resourceTypes } from "../../lib/resource-types";
import { currentType } from "../../lib/type-token";
import { meteredTypes } from "../../operations/cost/metered-types";
import { readPriceTable } from "../../operations/cost/price-table";
import { rules, stackRules } from "../../policies/rules";

describe("currentType", () => {
  it.each([
    ["azure-native:storage/v20230101:StorageAccount", "azure-native:storage:StorageAccount"],
    ["azure-native:dbforpostgresql/v20230301preview:Server", "azure-native:dbforpostgresql:Server"],
    ["azure-native_storage_v20240101:storage:StorageAccount", "azure-native:storage:StorageAccount"],
    ["azure-native:insights:DiagnosticSetting", "azure-native:monitor:DiagnosticSetting"],
    ["azure-native:insights/v20210501preview:DiagnosticSetting", "azure-native:monitor:DiagnosticSetting"],
    ["azure-native:insights:Component", "azure-native:applicationinsights:Component"],
    ["azure-native:cache:Redis", "azure-native:redis:Redis"],
    ["azure-native:cache/v20230801:RedisEnterprise", "azure-native:redisenterprise:RedisEnterprise"],
    ["azure-native:network/v20240601:PrivateZone", "azure-native:privatedns:PrivateZone"],
    ["azure-native:documentdb:DatabaseAccount", "azure-native:cosmosdb:DatabaseAccount"],
    ["azure-native:storage:StorageAccount", "azure-native:storage:StorageAccount"],
    ["cloudflare:index/record:Record", "cloudflare:index/dnsRecord:DnsRecord"],
    ["cloudflare:index/dnsRecord:DnsRecord", "cloudflare:index/dnsRecord:DnsRecord"],
    ["pulumi:pulumi:Stack", "pulumi:pulumi:Stack"],
  ])("%s is %s", (token, current) => {
    expect(currentType(token)).toBe(current);
  });

  it("leaves a token alone that is in use, though another class names it as an alias", () => {
    // SingleServer was once called Server; Server now is the flexible server.
    expect(currentType("azure-native:dbforpostgresql:Server")).toBe("azure-native:dbforpostgresql:Server");
  });

  it("leaves a token alone that several classes name as an alias", () => {
    expect(currentType("azure-native:cache:AccessPolicyAssignment")).toBe("azure-native:cache:AccessPolicyAssignment");
  });
});

it("the table is what the installed packages say: write it with npm run generate", () => {
  expect(table).toEqual(movedTypesOfPackages());
});

it.each([
  ["types of which facts are stated", Object.keys(resourceTypes)],
  ["metered types", [...Object.keys(meteredTypes), ...Object.keys(readPriceTable().standing)]],
  ["types with private endpoints", Object.values(privateServices).map(({ type }) => type)],
  ["types that rules read", [...rules, ...stackRules].flatMap(({ types }) => types)],
])("%s are listed under their current tokens", (_, tokens) => {
  expect(tokens.filter((token) => currentType(token) !== token)).toEqual([]);
});
