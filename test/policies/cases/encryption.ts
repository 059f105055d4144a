import { Secret, unknown } from "../../../deployment/values/property-value";
import type { RuleCases } from "./rule-case";

const account = "azure-native:storage:StorageAccount";
const accountTokens = [
  "azure-native:storage/v20230101:StorageAccount",
  "azure-native_storage_v20240101:storage:StorageAccount",
];
const parameter = "azure-native:dbforpostgresql:Configuration";
const parameterTokens = ["azure-native:dbforpostgresql/v20221201:Configuration"];
const app = "azure-native:app:ContainerApp";
const vault = "azure-native:keyvault:Vault";
const vaultTokens = ["azure-native:keyvault/v20230701:Vault"];
const redis = "azure-native:redis:Redis";
const redisTokens = [
  "azure-native:cache:Redis",
  "azure-native:cache/v20230801:Redis",
  "azure-native:redis/v20241101:Redis",
];

const configuration = (configurationName: string, value: string) => ({ configurationName, value });

export const encryptionCases: readonly RuleCases[] = [
  {
    rule: "storage-https-only",
    type: account,
    otherTokens: accountTokens,
    compliant: { on: { enableHttpsTrafficOnly: true }, "not set": {} },
    violating: { off: [{ enableHttpsTrafficOnly: false }, "enableHttpsTrafficOnly"] },
    undecided: { unknown: [{ enableHttpsTrafficOnly: unknown }, "enableHttpsTrafficOnly"] },
  },
  {
    rule: "storage-minimum-tls",
    type: account,
    otherTokens: accountTokens,
    compliant: { "1.2": { minimumTlsVersion: "TLS1_2" }, "1.3": { minimumTlsVersion: "TLS1_3" } },
    violating: {
      "1.0": [{ minimumTlsVersion: "TLS1_0" }, "minimumTlsVersion"],
      "not set": [{}, "minimumTlsVersion"],
    },
    undecided: { unknown: [{ minimumTlsVersion: unknown }, "minimumTlsVersion"] },
  },
  {
    rule: "postgres-secure-transport",
    type: parameter,
    otherTokens: parameterTokens,
    compliant: {
      on: configuration("require_secure_transport", "on"),
      "in capitals": configuration("require_secure_transport", "ON"),
    },
    violating: {
      off: [configuration("require_secure_transport", "OFF"), "value"],
      "name in capitals": [configuration("REQUIRE_SECURE_TRANSPORT", "off"), "value"],
      "secret off": [{ configurationName: "require_secure_transport", value: new Secret("off") }, "value"],
    },
    notApplicable: { "another parameter": configuration("azure.extensions", "VECTOR") },
    undecided: {
      "unknown value": [{ configurationName: "require_secure_transport", value: unknown }, "value"],
      "unknown name": [{ configurationName: unknown, value: "off" }, "configurationName"],
    },
  },
  {
    rule: "postgres-minimum-tls",
    type: parameter,
    otherTokens: parameterTokens,
    compliant: {
      "1.2": configuration("ssl_min_protocol_version", "TLSv1.2"),
      "1.3": configuration("ssl_min_protocol_version", "tlsv1.3"),
    },
    violating: { "1.1": [configuration("ssl_min_protocol_version", "TLSv1.1"), "value"] },
    notApplicable: { "another parameter": configuration("require_secure_transport", "off") },
    undecided: { unknown: [{ configurationName: "ssl_min_protocol_version", value: unknown }, "value"] },
  },
  {
    rule: "container-app-https-only",
    type: app,
    otherTokens: ["azure-native:app/v20240301:ContainerApp"],
    compliant: { redirects: { configuration: { ingress: { allowInsecure: false } } } },
    violating: {
      "answers over HTTP": [
        { configuration: { ingress: { allowInsecure: true } } },
        "configuration.ingress.allowInsecure",
      ],
      "not set": [{ configuration: { ingress: { external: true } } }, "configuration.ingress.allowInsecure"],
    },
    notApplicable: { "no ingress": { configuration: {} }, TCP: { configuration: { ingress: { transport: "Tcp" } } } },
    undecided: {
      "unknown ingress": [{ configuration: { ingress: unknown } }, "configuration.ingress"],
      "unknown setting": [
        { configuration: { ingress: { allowInsecure: unknown } } },
        "configuration.ingress.allowInsecure",
      ],
    },
  },
  {
    rule: "vault-purge-protection",
    type: vault,
    otherTokens: vaultTokens,
    compliant: { on: { properties: { enablePurgeProtection: true } } },
    violating: {
      off: [{ properties: { enablePurgeProtection: false } }, "properties.enablePurgeProtection"],
      "not set": [{ properties: {} }, "properties.enablePurgeProtection"],
    },
    undecided: { "all unknown": [{ properties: unknown }, "properties"] },
  },
  {
    rule: "vault-soft-delete",
    type: vault,
    otherTokens: vaultTokens,
    compliant: {
      "90 days": { properties: { enableSoftDelete: true, softDeleteRetentionInDays: 90 } },
      "not set": { properties: {} },
    },
    violating: {
      off: [{ properties: { enableSoftDelete: false } }, "properties.enableSoftDelete"],
      "7 days": [{ properties: { softDeleteRetentionInDays: 7 } }, "properties.softDeleteRetentionInDays"],
      "off, days unknown": [
        { properties: { enableSoftDelete: false, softDeleteRetentionInDays: unknown } },
        "properties.enableSoftDelete",
      ],
    },
    undecided: {
      "days unknown": [
        { properties: { enableSoftDelete: true, softDeleteRetentionInDays: unknown } },
        "properties.softDeleteRetentionInDays",
      ],
    },
  },
  {
    rule: "redis-tls-only",
    type: redis,
    otherTokens: redisTokens,
    compliant: { off: { enableNonSslPort: false }, "not set": {} },
    violating: { on: [{ enableNonSslPort: true }, "enableNonSslPort"] },
    undecided: { unknown: [{ enableNonSslPort: unknown }, "enableNonSslPort"] },
  },
  {
    rule: "redis-minimum-tls",
    type: redis,
    otherTokens: redisTokens,
    compliant: { "1.2": { minimumTlsVersion: "1.2" } },
    violating: {
      "1.0": [{ minimumTlsVersion: "1.0" }, "minimumTlsVersion"],
      "not set": [{}, "minimumTlsVersion"],
    },
    undecided: { unknown: [{ minimumTlsVersion: unknown }, "minimumTlsVersion"] },
  },
];
