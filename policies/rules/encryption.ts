import { allOf, compliant, each, notApplicable } from "../outcome";
import { rulesOf, type StackMember } from "../rule";
import { requireCompanion, type StackMembers } from "../stack-members";
import type { StackParameters } from "../stack-parameters";
import { requireParameter } from "./shared/postgres-parameter";
import { anyReading, comparable, read, readWithin } from "./shared/property-reading";
import {
  requireEmpty,
  requireSet,
  requireSetting,
  requireValue,
  requireZoneSetting,
  zoneSettingTypes,
} from "./shared/requirements";
import { hasProxiedName, requireZoneMember, zoneMembers } from "./shared/zone-members";

const zoneDnssecType = "cloudflare:index/zoneDnssec:ZoneDnssec";

/** The settings that every zone says. */
const always = ["ssl", "min_tls_version", "always_use_https", "tls_1_3"];

export const encryptionRules = rulesOf("encryption", [
  {
    id: "apps-environment-certificate",
    controls: ["Own"],
    description:
      "Certificates of Container Apps environments are a vault's, which hands on their renewal; they have no password.",
    remediation: "Give properties.certificateKeyVaultProperties, with an identity, instead of value and password.",
    types: ["azure-native:app:Certificate"],
    evaluate: (certificate) =>
      allOf([
        requireSet(read(certificate, "properties.certificateKeyVaultProperties.keyVaultUrl")),
        requireSet(read(certificate, "properties.certificateKeyVaultProperties.identity")),
        requireEmpty(read(certificate, "properties.value"), "is the certificate itself, with its key"),
      ]),
  },
  {
    id: "apps-environment-peer-encryption",
    benchmarkRow: 55,
    controls: ["AVM"],
    description: "Traffic between the apps of an environment is encrypted.",
    remediation: "Set peerTrafficConfiguration.encryption.enabled to true.",
    types: ["azure-native:app:ManagedEnvironment"],
    evaluate: requireSetting("peerTrafficConfiguration.encryption.enabled", { oneOf: [true], absent: "violates" }),
  },
  {
    id: "container-app-https-only",
    benchmarkRow: 42,
    controls: ["Azure Policy 0e80e269", "PSRule Azure.ContainerApp.Insecure"],
    description:
      "Container Apps redirect HTTP to HTTPS. What speaks TCP is called within its environment, which encrypts it.",
    remediation: "Set configuration.ingress.allowInsecure to false.",
    types: ["azure-native:app:ContainerApp"],
    evaluate: (app) => {
      const ingress = read(app, "configuration.ingress");
      if (ingress.state === "absent") return notApplicable("the app has no ingress");
      const isTcp = anyReading([readWithin(ingress, "transport")], (value) => comparable(value) === "tcp");
      if (isTcp) return notApplicable("the app answers no HTTP");
      return requireValue(readWithin(ingress, "allowInsecure"), { oneOf: [false], absent: "violates" });
    },
  },
  {
    id: "postgres-minimum-tls",
    benchmarkRow: 36,
    controls: ["MCSB v2 DP-3", "Azure Policy a43d5475"],
    description: "PostgreSQL servers refuse TLS below 1.2.",
    remediation: 'Set the server parameter ssl_min_protocol_version to "TLSv1.2" or "TLSv1.3".',
    types: ["azure-native:dbforpostgresql:Configuration"],
    evaluate: requireParameter("ssl_min_protocol_version", { oneOf: ["TLSv1.2", "TLSv1.3"], absent: "violates" }),
  },
  {
    id: "postgres-own-key",
    benchmarkRow: 30,
    controls: ["MCSB v2 DP-5", "Azure Policy 12c74c95"],
    description: "PostgreSQL servers are encrypted with a key of our own.",
    remediation:
      "Set dataEncryption.type to AzureKeyVault and dataEncryption.primaryKeyURI to the key. It is fixed when the server is made.",
    // An option: see storage-own-key.
    level: "disabled",
    types: ["azure-native:dbforpostgresql:Server"],
    evaluate: (server) =>
      allOf([
        requireValue(read(server, "dataEncryption.type"), { oneOf: ["AzureKeyVault"], absent: "violates" }),
        requireSet(read(server, "dataEncryption.primaryKeyURI")),
      ]),
  },
  {
    id: "postgres-secure-transport",
    benchmarkRow: 35,
    controls: ["CIS Azure 3.0 5.2.1", "Azure Policy c29c38cb"],
    description: "PostgreSQL servers refuse connections without TLS.",
    remediation: 'Set the server parameter require_secure_transport to "on", or leave it out: on is the default.',
    types: ["azure-native:dbforpostgresql:Configuration"],
    evaluate: requireParameter("require_secure_transport", { oneOf: ["on"], absent: "violates" }),
  },
  {
    id: "redis-enterprise-minimum-tls",
    benchmarkRow: 71,
    controls: ["Own"],
    description: "Redis Enterprise clusters refuse TLS below 1.2.",
    remediation: 'Set minimumTlsVersion to "1.2".',
    types: ["azure-native:redisenterprise:RedisEnterprise"],
    evaluate: requireSetting("minimumTlsVersion", { oneOf: ["1.2", "1.3"], absent: "violates" }),
  },
  {
    id: "redis-enterprise-tls-only",
    benchmarkRow: 71,
    controls: ["Own"],
    description: "Redis Enterprise databases talk over TLS only.",
    remediation: "Set clientProtocol to Encrypted.",
    types: ["azure-native:redisenterprise:Database"],
    evaluate: requireSetting("clientProtocol", { oneOf: ["Encrypted"], absent: "violates" }),
  },
  {
    id: "redis-minimum-tls",
    benchmarkRow: 70,
    controls: ["MCSB v1 DP-3", "CKV_AZURE_148"],
    description: "Redis caches refuse TLS below 1.2.",
    remediation: 'Set minimumTlsVersion to "1.2".',
    types: ["azure-native:redis:Redis"],
    evaluate: requireSetting("minimumTlsVersion", { oneOf: ["1.2"], absent: "violates" }),
  },
  {
    id: "redis-tls-only",
    benchmarkRow: 70,
    controls: ["MCSB v1 DP-3", "CKV_AZURE_91"],
    description: "Redis caches have no port without TLS.",
    remediation: "Set enableNonSslPort to false, or leave it out: off is the service's default.",
    types: ["azure-native:redis:Redis"],
    evaluate: requireSetting("enableNonSslPort", { oneOf: [false], absent: "complies" }),
  },
  {
    id: "storage-https-only",
    benchmarkRow: 1,
    controls: ["CIS Azure 6.0 9.3.4", "MCSB v1 DP-3", "CKV_AZURE_3", "PSRule Azure.Storage.SecureTransfer"],
    description: "Storage accounts answer over HTTPS only.",
    remediation: "Set enableHttpsTrafficOnly to true, or leave it out: on is the service's default.",
    types: ["azure-native:storage:StorageAccount"],
    evaluate: requireSetting("enableHttpsTrafficOnly", { oneOf: [true], absent: "complies" }),
  },
  {
    id: "storage-infrastructure-encryption",
    benchmarkRow: 14,
    controls: ["CIS Azure 3.0 4.2", "MCSB v2 DP-4"],
    description: "Storage accounts encrypt twice: the service and the infrastructure below it.",
    remediation: "Set encryption.requireInfrastructureEncryption to true. It is fixed when the account is made.",
    types: ["azure-native:storage:StorageAccount"],
    evaluate: requireSetting("encryption.requireInfrastructureEncryption", { oneOf: [true], absent: "violates" }),
  },
  {
    id: "storage-minimum-tls",
    benchmarkRow: 2,
    controls: ["CIS Azure 6.0 9.3.6", "MCSB v2 DP-3", "CKV_AZURE_44"],
    description: "Storage accounts refuse TLS below 1.2.",
    remediation: "Set minimumTlsVersion to TLS1_2.",
    types: ["azure-native:storage:StorageAccount"],
    // Not set fails: accounts made with older API versions got TLS 1.0.
    evaluate: requireSetting("minimumTlsVersion", { oneOf: ["TLS1_2", "TLS1_3"], absent: "violates" }),
  },
  {
    id: "storage-own-key",
    benchmarkRow: 15,
    controls: ["CIS Azure 3.0 4.11", "MCSB v1 DP-5", "CKV2_AZURE_1"],
    description: "Storage accounts are encrypted with a key of our own.",
    remediation: "Set encryption.keySource to Microsoft.Keyvault and name the key in encryption.keyVaultProperties.",
    // An option: Microsoft's keys encrypt as well; one's own is for who must be able to withdraw it, and can lose everything with it.
    level: "disabled",
    types: ["azure-native:storage:StorageAccount"],
    evaluate: requireSetting("encryption.keySource", { oneOf: ["Microsoft.Keyvault"], absent: "violates" }),
  },
  {
    id: "vault-purge-protection",
    benchmarkRow: 57,
    controls: ["CIS Azure 6.0 8.3.5", "MCSB v1 DP-8", "CKV_AZURE_110"],
    description: "Deleted vaults, keys and secrets cannot be purged before their retention ends.",
    remediation: "Set properties.enablePurgeProtection to true.",
    types: ["azure-native:keyvault:Vault"],
    evaluate: requireSetting("properties.enablePurgeProtection", { oneOf: [true], absent: "violates" }),
  },
  {
    id: "vault-soft-delete",
    benchmarkRow: 58,
    controls: ["MCSB v1 DP-8", "CKV_AZURE_111"],
    description: "Deleted vaults, keys and secrets can be recovered for 90 days.",
    remediation:
      "Set properties.enableSoftDelete to true and properties.softDeleteRetentionInDays to 90, or leave them out: these are the defaults.",
    types: ["azure-native:keyvault:Vault"],
    evaluate: (vault) =>
      allOf([
        requireValue(read(vault, "properties.enableSoftDelete"), { oneOf: [true], absent: "complies" }),
        requireValue(read(vault, "properties.softDeleteRetentionInDays"), { oneOf: [90], absent: "complies" }),
      ]),
  },
  {
    id: "zone-dnssec",
    benchmarkRow: 73,
    controls: ["Prowler zone_*"],
    description: "Zones sign their answers with DNSSEC.",
    remediation: "Set status to active.",
    types: [zoneDnssecType],
    evaluate: requireSetting("status", { oneOf: ["active"], absent: "violates" }),
  },
  {
    id: "zone-https-only",
    benchmarkRow: 73,
    controls: ["Prowler zone_*"],
    description: "Zones send HTTP to HTTPS.",
    remediation: "Set the zone setting always_use_https to on.",
    types: zoneSettingTypes,
    evaluate: requireZoneSetting("always_use_https", { oneOf: ["on"], absent: "violates" }),
  },
  {
    id: "zone-minimum-tls",
    benchmarkRow: 73,
    controls: ["Prowler zone_*"],
    description: "Zones refuse TLS below 1.2.",
    remediation: 'Set the zone setting min_tls_version to "1.2" or "1.3".',
    types: zoneSettingTypes,
    evaluate: requireZoneSetting("min_tls_version", { oneOf: ["1.2", "1.3"], absent: "violates" }),
  },
  {
    id: "zone-settings-exist",
    benchmarkRow: 73,
    controls: ["Prowler zone_*"],
    description:
      "Every zone says how it uses TLS, in production with names behind the edge also for how long, and signs its answers: what is not set is as Cloudflare has it.",
    remediation:
      "Make a ZoneDnssec for the zone, and the ZoneSettings ssl, min_tls_version, always_use_https, tls_1_3 and security_header.",
    types: ["cloudflare:index/zone:Zone"],
    companions: [...zoneSettingTypes, zoneDnssecType],
    evaluate: (zone: StackMember, members: StackMembers, stack: StackParameters) => {
      const own = zoneSettingTypes.flatMap((type) => zoneMembers(zone, members, type));
      const sendsHsts = () => stack.production && hasProxiedName(zone, members);
      return allOf([
        ...each([...always, "security_header"], (is) =>
          is === "security_header" && !sendsHsts()
            ? compliant
            : requireZoneMember(zone, own, { property: "settingId", is, missing: `has no zone setting ${is}` }),
        ),
        requireCompanion(zone, members, { type: zoneDnssecType, property: "zoneId", missing: "has no DNSSEC" }),
      ]);
    },
  },
  {
    id: "zone-strict-tls",
    benchmarkRow: 73,
    controls: ["Prowler zone_*"],
    description: "Between the edge and the origin, certificates are checked.",
    remediation: "Set the zone setting ssl to strict.",
    types: zoneSettingTypes,
    evaluate: requireZoneSetting("ssl", { oneOf: ["strict"], absent: "violates" }),
  },
]);
