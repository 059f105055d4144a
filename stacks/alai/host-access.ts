import type { RoleAssignment } from "@pulumi/azure-native/authorization";
import type { BackupStore } from "../../components/backup-store/backup-store";
import { assignRole, type RoleGrant } from "../../components/identity/role-assignment";
import type { KeyVault } from "../../components/key-vault/key-vault";
import { refusal } from "../../lib/refusal";
import type { StackConfiguration } from "../stack-configuration";
import type { AlaiInventory } from "./inventory";

/** The token with which a failover changes its record. */
const dnsToken = "failover-dns-token";
/** A host's own credential, from which it takes the next one before the old one ends. */
const clientSecret = (host: string) => `host-${host}-client-secret`;

/** Secrets of the vault that hosts, and laptops that may order a failover, read. */
export function hostSecretNames({ hosts }: AlaiInventory): readonly string[] {
  return [dnsToken, ...hosts.hosts.filter(({ home }) => home !== undefined).map(({ name }) => clientSecret(name))];
}

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
  const secrets = hostSecretNames(inventory);
  return Object.entries(principals).flatMap(([host, principalId]) => {
    if (!secrets.includes(clientSecret(host))) {
      throw refusal('Configuration "landscape:hostPrincipals"', [
        `hosts.yaml has no host "${host}" with a home directory`,
      ]);
    }
    const containers = [inventory.databases.container, inventory.hosts.software.lease.container];
    const grants: RoleGrant[] = [
      ...containers.map(
        (name): RoleGrant => ({ on: name, role: "Storage Blob Data Contributor", scope: backups.containerId(name) }),
      ),
      ...[clientSecret(host), dnsToken].map(
        (name): RoleGrant => ({ on: name, role: "Key Vault Secrets User", scope: vault.secret(name).id }),
      ),
    ];
    return grants.map((grant) => assignRole(`host-${host}`, { context, principalId, grant }, {}));
  });
}
