import type { WorldObject, WorldReading, WorldTransaction } from "../../../world/world";
import { numberAt, textAt } from "../../read-property";
import { sameId } from "../arm-id";

export const vaultType = "azure-native:keyvault:Vault";
export const deletedVaultType = "azure-native:keyvault:DeletedVault";

/** Days a deleted vault keeps its name when the vault does not say. Source: Azure documentation, "Key Vault soft-delete overview". */
const defaultRetentionDays = 90;
const dayMilliseconds = 24 * 60 * 60 * 1000;

/** Records a vault that is being deleted: its name stays taken until the retention ends or somebody purges it. */
export function rememberDeletedVault(world: WorldTransaction, vault: WorldObject): void {
  const days = numberAt(vault.properties, "properties.softDeleteRetentionInDays") ?? defaultRetentionDays;
  const name = textAt(vault.properties, "name") ?? "";
  const location = textAt(vault.properties, "location") ?? "";
  const [, , subscription = ""] = vault.id.split("/");
  world.put({
    cloud: "azure",
    kind: deletedVaultType,
    id: `/subscriptions/${subscription}/providers/Microsoft.KeyVault/locations/${location}/deletedVaults/${name}`,
    properties: {
      name,
      vaultId: vault.id,
      scheduledPurgeDate: new Date(Date.now() + days * dayMilliseconds).toISOString(),
    },
  });
}

/** The deleted vault that still holds a name. */
export function deletedVault(world: WorldReading, name: string): WorldObject | undefined {
  return world
    .list(deletedVaultType)
    .filter((vault) => Date.parse(textAt(vault.properties, "scheduledPurgeDate") ?? "") > Date.now())
    .find((vault) => sameId(textAt(vault.properties, "name"), name));
}
