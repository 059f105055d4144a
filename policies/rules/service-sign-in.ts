import { allOf, notApplicable } from "../outcome";
import type { StackMember } from "../rule";
import { rulesOf } from "../rule";
import type { StackMembers } from "../stack-members";
import { requireCompanion } from "../stack-members";
import { read } from "./shared/property-reading";
import { requireNumber, requireSet, requireSetting, requireValue } from "./shared/requirements";

/** How callers of databases, queues, caches, registries and stores sign in. */
export const serviceSignInRules = rulesOf("identity", [
  {
    id: "postgres-administrators",
    benchmarkRow: 29,
    controls: ["PSRule Azure.PostgreSQL.AAD", "Azure Policy ce39a96d"],
    description: "PostgreSQL servers have an Entra administrator.",
    remediation: "Make an AdministratorsMicrosoftEntra for the server.",
    types: ["azure-native:dbforpostgresql:Server"],
    companions: ["azure-native:dbforpostgresql:AdministratorsMicrosoftEntra"],
    evaluate: (server: StackMember, members: StackMembers) => {
      if (read(server, "sourceServerResourceId").state !== "absent") return notApplicable("a replica has its source's");
      return requireCompanion(server, members, {
        type: "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra",
        property: "serverName",
        missing: "has no Entra administrator",
      });
    },
  },
  {
    id: "postgres-entra-only",
    benchmarkRow: 28,
    controls: ["MCSB v1 IM-1", "PSRule Azure.PostgreSQL.AADOnly"],
    description: "PostgreSQL servers know their users by Entra identity; there are no passwords.",
    remediation: "Set authConfig.activeDirectoryAuth to Enabled and authConfig.passwordAuth to Disabled.",
    types: ["azure-native:dbforpostgresql:Server"],
    evaluate: (server) =>
      allOf([
        requireValue(read(server, "authConfig.activeDirectoryAuth"), { oneOf: ["Enabled"], absent: "violates" }),
        requireValue(read(server, "authConfig.passwordAuth"), { oneOf: ["Disabled"], absent: "violates" }),
      ]),
  },
  {
    id: "messaging-no-keys",
    controls: ["Own"],
    description: "Queues and event hubs know their callers by identity; shared access keys open nothing.",
    remediation: "Set disableLocalAuth to true and give each caller the role to send or to receive.",
    types: ["azure-native:eventhub:Namespace", "azure-native:servicebus:Namespace"],
    evaluate: requireSetting("disableLocalAuth", { oneOf: [true], absent: "violates" }),
  },
  {
    id: "redis-enterprise-named-callers",
    controls: ["Own"],
    description: "Whoever is let into a Redis Enterprise database is an identity that is named.",
    remediation: "Set user.objectId to the object id of one identity.",
    types: ["azure-native:redisenterprise:AccessPolicyAssignment"],
    evaluate: (assignment) => requireSet(read(assignment, "user.objectId")),
  },
  {
    id: "redis-enterprise-no-access-keys",
    benchmarkRow: 71,
    controls: ["Own"],
    description: "Redis Enterprise databases know their callers by identity; access keys open nothing.",
    remediation: "Set accessKeysAuthentication to Disabled and give each caller an access policy.",
    types: ["azure-native:redisenterprise:Database"],
    evaluate: requireSetting("accessKeysAuthentication", { oneOf: ["Disabled"], absent: "violates" }),
  },
  {
    id: "registry-own-tokens",
    benchmarkRow: 65,
    controls: ["Azure Policy 42781ec6"],
    description: "Container registries take tokens made for them only, none made for Azure as a whole.",
    remediation: "Set policies.azureADAuthenticationAsArmPolicy.status to disabled.",
    // An option: Container Apps pull with a token made for Azure, so it would keep every app from starting.
    level: "disabled",
    types: ["azure-native:containerregistry:Registry"],
    evaluate: requireSetting("policies.azureADAuthenticationAsArmPolicy.status", {
      oneOf: ["disabled"],
      absent: "violates",
    }),
  },
  {
    id: "storage-default-entra",
    benchmarkRow: 9,
    controls: ["CIS Azure 6.0 9.3.3.1"],
    description: "The portal and other tools open storage accounts with Entra, not with a key.",
    remediation: "Set defaultToOAuthAuthentication to true.",
    types: ["azure-native:storage:StorageAccount"],
    evaluate: requireSetting("defaultToOAuthAuthentication", { oneOf: [true], absent: "violates" }),
  },
  {
    id: "storage-key-expiry",
    benchmarkRow: 10,
    controls: ["CIS Azure 6.0 9.3.1.1", "MCSB v2 DP-6"],
    description: "Keys of storage accounts count as expired after at most 90 days.",
    remediation: "Set keyPolicy.keyExpirationPeriodInDays to 90.",
    types: ["azure-native:storage:StorageAccount"],
    evaluate: (account) =>
      requireNumber(read(account, "keyPolicy.keyExpirationPeriodInDays"), { atMost: 90, absent: "violates" }),
  },
  {
    id: "storage-no-local-users",
    benchmarkRow: 12,
    controls: ["CKV_AZURE_244"],
    description: "Storage accounts have no users of their own with passwords or keys.",
    remediation: "Set isLocalUserEnabled to false.",
    types: ["azure-native:storage:StorageAccount"],
    evaluate: requireSetting("isLocalUserEnabled", { oneOf: [false], absent: "violates" }),
  },
  {
    id: "storage-sas-expiry",
    benchmarkRow: 11,
    controls: ["CKV2_AZURE_41"],
    description: "Storage accounts say for how long a shared access signature may be valid.",
    remediation: "Set sasPolicy.sasExpirationPeriod.",
    types: ["azure-native:storage:StorageAccount"],
    evaluate: (account) => requireSet(read(account, "sasPolicy.sasExpirationPeriod")),
  },
]);
