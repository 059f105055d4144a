import type { RoleAssignment } from "@pulumi/azure-native/authorization";
import type { BackupStore } from "../../components/backup-store/backup-store";
import { assignRole, type RoleGrant } from "../../components/identity/role-assignment";
import type { KeyVault } from "../../components/key-vault/key-vault";
import { refusal } from "../../lib/refusal";
import type { StackConfiguration } from "../stack-configuration";
import type { AlaiInventory } from "./inventory";
import { hostClientSecret, programSecrets } from "./inventory/rules/secret-rules";

/**
 * What each host may do in production, as an identity of its own: write replicas and the lease, and read its own secrets. Nothing else
 * of the backup store, and no other host's secret.
 *
 * Identities of machines outside Azure are made by hand (docs/host-secrets.md): `landscape:hostPrincipals` holds their object ids by
 * host. A host without one gets nothing.
 *
 * @throws when it names a host that is not in hosts.yaml
 */
export function grantHosts(
  { context, settings }: StackConfiguration,
  inventory: AlaiInventory,
  { vault, backups }: { readonly vault: KeyVault; readonly backups: BackupStore },
): readonly RoleAssignment[] {
  const principals = settings.getObject<Record<string, string>>("hostPrincipals") ?? {};
  return Object.entries(principals).flatMap(([host, principalId]) => {
    if (!inventory.hosts.hosts.some(({ name, home }) => name === host && home !== undefined)) {
      throw refusal('Configuration "landscape:hostPrincipals"', [
        `hosts.yaml has no host "${host}" with a home directory`,
      ]);
    }
    const containers = [inventory.databases.container, inventory.hosts.software.lease.container];
    const grants: RoleGrant[] = [
      ...containers.map(
        (name): RoleGrant => ({ on: name, role: "Storage Blob Data Contributor", scope: backups.containerId(name) }),
      ),
      ...[hostClientSecret(host), programSecrets.failover].map(
        (name): RoleGrant => ({ on: name, role: "Key Vault Secrets User", scope: vault.secret(name).id }),
      ),
    ];
    return grants.map((grant) => assignRole(`host-${host}`, { context, principalId, grant }, {}));
  });
}
