/**
 * Sizes by name. Cost is the list price in Sweden Central in USD a month, without storage, rounded; look it up before you rely on it.
 * Source: Azure documentation, "Compute options in Azure Database for PostgreSQL flexible server".
 */
export const serverSizes = {
  b1ms: { name: "Standard_B1ms", tier: "Burstable", cores: 1, memoryGb: 2, monthlyUsd: 13 },
  b2s: { name: "Standard_B2s", tier: "Burstable", cores: 2, memoryGb: 4, monthlyUsd: 53 },
  d2: { name: "Standard_D2ds_v5", tier: "GeneralPurpose", cores: 2, memoryGb: 8, monthlyUsd: 140 },
  d4: { name: "Standard_D4ds_v5", tier: "GeneralPurpose", cores: 4, memoryGb: 16, monthlyUsd: 280 },
  d8: { name: "Standard_D8ds_v5", tier: "GeneralPurpose", cores: 8, memoryGb: 32, monthlyUsd: 560 },
  e2: { name: "Standard_E2ds_v5", tier: "MemoryOptimized", cores: 2, memoryGb: 16, monthlyUsd: 190 },
  e4: { name: "Standard_E4ds_v5", tier: "MemoryOptimized", cores: 4, memoryGb: 32, monthlyUsd: 380 },
} as const satisfies Record<
  string,
  { name: string; tier: string; cores: number; memoryGb: number; monthlyUsd: number }
>;

/** The name of a size in {@link serverSizes}. */
export type ServerSize = keyof typeof serverSizes;

export function isBurstable(size: ServerSize): boolean {
  return serverSizes[size].tier === "Burstable";
}
