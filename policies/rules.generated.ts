// Written by npm run generate from the files in policies/rules; do not edit.
import type { PolicyRule, StackRule } from "./rule";
import { actionsPinned } from "./rules/delivery/actions-pinned";
import { branchApprovals } from "./rules/delivery/branch-approvals";
import { branchLinearHistory } from "./rules/delivery/branch-linear-history";
import { branchNoDeletion } from "./rules/delivery/branch-no-deletion";
import { branchNoForcePush } from "./rules/delivery/branch-no-force-push";
import { branchResolvedConversations } from "./rules/delivery/branch-resolved-conversations";
import { branchRulesEnforced } from "./rules/delivery/branch-rules-enforced";
import { branchSignedCommits } from "./rules/delivery/branch-signed-commits";
import { containerImageDigest } from "./rules/delivery/container-image-digest";
import { containerImageSource } from "./rules/delivery/container-image-source";
import { stackParity } from "./rules/delivery/stack-parity";
import { appsEnvironmentPeerEncryption } from "./rules/encryption/apps-environment-peer-encryption";
import { containerAppHttpsOnly } from "./rules/encryption/container-app-https-only";
import { postgresMinimumTls } from "./rules/encryption/postgres-minimum-tls";
import { postgresOwnKey } from "./rules/encryption/postgres-own-key";
import { postgresSecureTransport } from "./rules/encryption/postgres-secure-transport";
import { redisEnterpriseMinimumTls } from "./rules/encryption/redis-enterprise-minimum-tls";
import { redisEnterpriseTlsOnly } from "./rules/encryption/redis-enterprise-tls-only";
import { redisMinimumTls } from "./rules/encryption/redis-minimum-tls";
import { redisTlsOnly } from "./rules/encryption/redis-tls-only";
import { storageHttpsOnly } from "./rules/encryption/storage-https-only";
import { storageInfrastructureEncryption } from "./rules/encryption/storage-infrastructure-encryption";
import { storageMinimumTls } from "./rules/encryption/storage-minimum-tls";
import { storageOwnKey } from "./rules/encryption/storage-own-key";
import { vaultPurgeProtection } from "./rules/encryption/vault-purge-protection";
import { vaultSoftDelete } from "./rules/encryption/vault-soft-delete";
import { zoneDnssec } from "./rules/encryption/zone-dnssec";
import { zoneHttpsOnly } from "./rules/encryption/zone-https-only";
import { zoneMinimumTls } from "./rules/encryption/zone-minimum-tls";
import { zoneStrictTls } from "./rules/encryption/zone-strict-tls";
import { containerAppIdentity } from "./rules/identity/container-app-identity";
import { containerAppRegistryIdentity } from "./rules/identity/container-app-registry-identity";
import { containerAppSecretReference } from "./rules/identity/container-app-secret-reference";
import { containerAppSignIn } from "./rules/identity/container-app-sign-in";
import { postgresAdministrators } from "./rules/identity/postgres-administrators";
import { postgresEntraOnly } from "./rules/identity/postgres-entra-only";
import { redisEnterpriseNoAccessKeys } from "./rules/identity/redis-enterprise-no-access-keys";
import { registryOwnTokens } from "./rules/identity/registry-own-tokens";
import { storageDefaultEntra } from "./rules/identity/storage-default-entra";
import { storageKeyExpiry } from "./rules/identity/storage-key-expiry";
import { storageNoLocalUsers } from "./rules/identity/storage-no-local-users";
import { storageSasExpiry } from "./rules/identity/storage-sas-expiry";
import { tailnetDeviceApproval } from "./rules/identity/tailnet-device-approval";
import { tailnetKeyEphemeral } from "./rules/identity/tailnet-key-ephemeral";
import { tailnetKeyOnce } from "./rules/identity/tailnet-key-once";
import { vaultRoles } from "./rules/identity/vault-roles";
import { vaultSecretExpiry } from "./rules/identity/vault-secret-expiry";
import { appsEnvironmentLogs } from "./rules/logging/apps-environment-logs";
import { diagnosticSettingAudit } from "./rules/logging/diagnostic-setting-audit";
import { diagnosticsExist } from "./rules/logging/diagnostics-exist";
import { postgresAudit } from "./rules/logging/postgres-audit";
import { postgresLogCheckpoints } from "./rules/logging/postgres-log-checkpoints";
import { postgresLogConnections } from "./rules/logging/postgres-log-connections";
import { postgresLogDays } from "./rules/logging/postgres-log-days";
import { appsEnvironmentInNetwork } from "./rules/public-access/apps-environment-in-network";
import { appsEnvironmentPrivate } from "./rules/public-access/apps-environment-private";
import { blobContainerPrivate } from "./rules/public-access/blob-container-private";
import { containerAppNotExposed } from "./rules/public-access/container-app-not-exposed";
import { dnsRecordProxied } from "./rules/public-access/dns-record-proxied";
import { networkNoOpenPorts } from "./rules/public-access/network-no-open-ports";
import { postgresNoAzureWideAccess } from "./rules/public-access/postgres-no-azure-wide-access";
import { postgresNoInternetWideAccess } from "./rules/public-access/postgres-no-internet-wide-access";
import { postgresPrivate } from "./rules/public-access/postgres-private";
import { postgresThrottlesLogins } from "./rules/public-access/postgres-throttles-logins";
import { privateEndpointExists } from "./rules/public-access/private-endpoint-exists";
import { privateEndpointName } from "./rules/public-access/private-endpoint-name";
import { privateEndpointTarget } from "./rules/public-access/private-endpoint-target";
import { redisEnterprisePrivate } from "./rules/public-access/redis-enterprise-private";
import { redisNoAccessKeys } from "./rules/public-access/redis-no-access-keys";
import { redisPrivate } from "./rules/public-access/redis-private";
import { registryNoAdminUser } from "./rules/public-access/registry-no-admin-user";
import { registryNoAnonymousPull } from "./rules/public-access/registry-no-anonymous-pull";
import { registryNoExport } from "./rules/public-access/registry-no-export";
import { registryPrivate } from "./rules/public-access/registry-private";
import { storageDefaultDeny } from "./rules/public-access/storage-default-deny";
import { storageNoAccountKeys } from "./rules/public-access/storage-no-account-keys";
import { storageNoCrossTenantReplication } from "./rules/public-access/storage-no-cross-tenant-replication";
import { storageNoPublicBlobs } from "./rules/public-access/storage-no-public-blobs";
import { storagePrivate } from "./rules/public-access/storage-private";
import { storageTrustedServices } from "./rules/public-access/storage-trusted-services";
import { subnetSecurityGroup } from "./rules/public-access/subnet-security-group";
import { vaultDefaultDeny } from "./rules/public-access/vault-default-deny";
import { vaultPrivate } from "./rules/public-access/vault-private";
import { appsEnvironmentZones } from "./rules/recovery/apps-environment-zones";
import { blobContainerSoftDelete } from "./rules/recovery/blob-container-soft-delete";
import { blobImmutability } from "./rules/recovery/blob-immutability";
import { blobPointInTimeRestore } from "./rules/recovery/blob-point-in-time-restore";
import { blobSoftDelete } from "./rules/recovery/blob-soft-delete";
import { blobVersions } from "./rules/recovery/blob-versions";
import { containerAppNoStickySessions } from "./rules/recovery/container-app-no-sticky-sessions";
import { containerAppProbes } from "./rules/recovery/container-app-probes";
import { containerAppReplicas } from "./rules/recovery/container-app-replicas";
import { jobWithinTier } from "./rules/recovery/job-within-tier";
import { postgresBackupDays } from "./rules/recovery/postgres-backup-days";
import { postgresGeoBackup } from "./rules/recovery/postgres-geo-backup";
import { postgresMaintenanceWindow } from "./rules/recovery/postgres-maintenance-window";
import { postgresStandby } from "./rules/recovery/postgres-standby";
import { postgresStorageGrows } from "./rules/recovery/postgres-storage-grows";
import { registryPremium } from "./rules/recovery/registry-premium";
import { registryRetention } from "./rules/recovery/registry-retention";
import { registryZones } from "./rules/recovery/registry-zones";
import { statefulLocked } from "./rules/recovery/stateful-locked";
import { storageGeoRedundant } from "./rules/recovery/storage-geo-redundant";
import { environmentTag } from "./rules/tagging/environment-tag";
import { managedByTag } from "./rules/tagging/managed-by-tag";
import { notExpired } from "./rules/tagging/not-expired";
import { requiredTags } from "./rules/tagging/required-tags";

/** Every rule, by family and id. */
export const everyRule: readonly (PolicyRule | StackRule)[] = [
  actionsPinned,
  branchApprovals,
  branchLinearHistory,
  branchNoDeletion,
  branchNoForcePush,
  branchResolvedConversations,
  branchRulesEnforced,
  branchSignedCommits,
  containerImageDigest,
  containerImageSource,
  stackParity,
  appsEnvironmentPeerEncryption,
  containerAppHttpsOnly,
  postgresMinimumTls,
  postgresOwnKey,
  postgresSecureTransport,
  redisEnterpriseMinimumTls,
  redisEnterpriseTlsOnly,
  redisMinimumTls,
  redisTlsOnly,
  storageHttpsOnly,
  storageInfrastructureEncryption,
  storageMinimumTls,
  storageOwnKey,
  vaultPurgeProtection,
  vaultSoftDelete,
  zoneDnssec,
  zoneHttpsOnly,
  zoneMinimumTls,
  zoneStrictTls,
  containerAppIdentity,
  containerAppRegistryIdentity,
  containerAppSecretReference,
  containerAppSignIn,
  postgresAdministrators,
  postgresEntraOnly,
  redisEnterpriseNoAccessKeys,
  registryOwnTokens,
  storageDefaultEntra,
  storageKeyExpiry,
  storageNoLocalUsers,
  storageSasExpiry,
  tailnetDeviceApproval,
  tailnetKeyEphemeral,
  tailnetKeyOnce,
  vaultRoles,
  vaultSecretExpiry,
  appsEnvironmentLogs,
  diagnosticSettingAudit,
  diagnosticsExist,
  postgresAudit,
  postgresLogCheckpoints,
  postgresLogConnections,
  postgresLogDays,
  appsEnvironmentInNetwork,
  appsEnvironmentPrivate,
  blobContainerPrivate,
  containerAppNotExposed,
  dnsRecordProxied,
  networkNoOpenPorts,
  postgresNoAzureWideAccess,
  postgresNoInternetWideAccess,
  postgresPrivate,
  postgresThrottlesLogins,
  privateEndpointExists,
  privateEndpointName,
  privateEndpointTarget,
  redisEnterprisePrivate,
  redisNoAccessKeys,
  redisPrivate,
  registryNoAdminUser,
  registryNoAnonymousPull,
  registryNoExport,
  registryPrivate,
  storageDefaultDeny,
  storageNoAccountKeys,
  storageNoCrossTenantReplication,
  storageNoPublicBlobs,
  storagePrivate,
  storageTrustedServices,
  subnetSecurityGroup,
  vaultDefaultDeny,
  vaultPrivate,
  appsEnvironmentZones,
  blobContainerSoftDelete,
  blobImmutability,
  blobPointInTimeRestore,
  blobSoftDelete,
  blobVersions,
  containerAppNoStickySessions,
  containerAppProbes,
  containerAppReplicas,
  jobWithinTier,
  postgresBackupDays,
  postgresGeoBackup,
  postgresMaintenanceWindow,
  postgresStandby,
  postgresStorageGrows,
  registryPremium,
  registryRetention,
  registryZones,
  statefulLocked,
  storageGeoRedundant,
  environmentTag,
  managedByTag,
  notExpired,
  requiredTags,
];
