import type { PolicyRule } from "./rule";
import { containerAppHttpsOnly } from "./rules/encryption/container-app-https-only";
import { postgresMinimumTls } from "./rules/encryption/postgres-minimum-tls";
import { postgresSecureTransport } from "./rules/encryption/postgres-secure-transport";
import { redisMinimumTls } from "./rules/encryption/redis-minimum-tls";
import { redisTlsOnly } from "./rules/encryption/redis-tls-only";
import { storageHttpsOnly } from "./rules/encryption/storage-https-only";
import { storageMinimumTls } from "./rules/encryption/storage-minimum-tls";
import { vaultPurgeProtection } from "./rules/encryption/vault-purge-protection";
import { vaultSoftDelete } from "./rules/encryption/vault-soft-delete";
import { blobContainerPrivate } from "./rules/public-access/blob-container-private";
import { containerAppNotExposed } from "./rules/public-access/container-app-not-exposed";
import { networkNoOpenPorts } from "./rules/public-access/network-no-open-ports";
import { postgresNoAzureWideAccess } from "./rules/public-access/postgres-no-azure-wide-access";
import { postgresNoInternetWideAccess } from "./rules/public-access/postgres-no-internet-wide-access";
import { postgresPrivate } from "./rules/public-access/postgres-private";
import { redisNoAccessKeys } from "./rules/public-access/redis-no-access-keys";
import { redisPrivate } from "./rules/public-access/redis-private";
import { registryNoAdminUser } from "./rules/public-access/registry-no-admin-user";
import { registryNoAnonymousPull } from "./rules/public-access/registry-no-anonymous-pull";
import { storageDefaultDeny } from "./rules/public-access/storage-default-deny";
import { storageNoAccountKeys } from "./rules/public-access/storage-no-account-keys";
import { storageNoPublicBlobs } from "./rules/public-access/storage-no-public-blobs";
import { storagePrivate } from "./rules/public-access/storage-private";
import { vaultPrivate } from "./rules/public-access/vault-private";
import { environmentTag } from "./rules/tagging/environment-tag";
import { managedByTag } from "./rules/tagging/managed-by-tag";
import { requiredTags } from "./rules/tagging/required-tags";

/** Every rule of the pack, by family. */
export const rules: readonly PolicyRule[] = [
  requiredTags,
  environmentTag,
  managedByTag,

  storageHttpsOnly,
  storageMinimumTls,
  postgresSecureTransport,
  postgresMinimumTls,
  containerAppHttpsOnly,
  vaultPurgeProtection,
  vaultSoftDelete,
  redisTlsOnly,
  redisMinimumTls,

  storageNoPublicBlobs,
  storageNoAccountKeys,
  storagePrivate,
  storageDefaultDeny,
  blobContainerPrivate,
  postgresPrivate,
  postgresNoAzureWideAccess,
  postgresNoInternetWideAccess,
  containerAppNotExposed,
  vaultPrivate,
  registryNoAdminUser,
  registryNoAnonymousPull,
  networkNoOpenPorts,
  redisPrivate,
  redisNoAccessKeys,
];

export const ruleIds: readonly string[] = rules.map((rule) => rule.id);
