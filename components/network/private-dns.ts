/**
 * The services that private endpoints are made for, with the sub-resource a connection names and the zone its name lives in.
 * Source: Azure documentation, "Azure Private Endpoint private DNS zone values".
 */
export const privateServices = {
  blob: { groupId: "blob", zone: "privatelink.blob.core.windows.net" },
  vault: { groupId: "vault", zone: "privatelink.vaultcore.azure.net" },
  registry: { groupId: "registry", zone: "privatelink.azurecr.io" },
  postgres: { groupId: "postgresqlServer", zone: "privatelink.postgres.database.azure.com" },
} as const satisfies Record<string, { groupId: string; zone: string }>;

/** A service that takes private endpoints. */
export type PrivateService = keyof typeof privateServices;

/**
 * The address of Azure's own resolver, the same in every network; it answers private zones only to those inside.
 * Source: Azure documentation, "What is IP address 168.63.129.16?".
 */
export const azureResolver = "168.63.129.16";
