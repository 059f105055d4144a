import type { AlaiInventory } from "./inventory";

/** Where an account that was there before is, as backup.yaml says it. */
export type AdoptedAccount = NonNullable<AlaiInventory["backup"]["stores"][string]["adopt"]>;

/**
 * The Azure id of a backup account that was there before.
 *
 * @param subscription as an Azure id
 */
export function backupAccountId(subscription: string, { resourceGroup, account }: AdoptedAccount): string {
  return `${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.Storage/storageAccounts/${account}`;
}
