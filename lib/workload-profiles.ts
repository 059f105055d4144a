/** What one replica, or one node that replicas share, has, and where Azure offers it; without `regions` everywhere. */
export interface WorkloadProfileType {
  /** Paid by replica as long as it runs, or by node. */
  readonly allocation: "replica" | "node";
  readonly cpu: number;
  readonly memoryGib: number;
  readonly gpu?: "T4" | "A100";
  readonly regions?: readonly string[];
}

const a100 = [
  ...["australiaeast", "brazilsouth", "canadacentral", "eastus", "italynorth", "swedencentral", "westus", "westus3"],
];
const t4 = [
  ...a100,
  ...["centralindia", "francecentral", "japaneast", "northcentralus", "southcentralus", "southeastasia", "southindia"],
  ...["westeurope", "westus2"],
];
const dedicatedGpu = ["northeurope", "westus3"];

const node = (cpu: number, gibPerCpu: number): WorkloadProfileType => ({
  ...{ allocation: "node", cpu, memoryGib: cpu * gibPerCpu },
});

/**
 * The workload profiles of Container Apps beside Consumption. Sources: Azure documentation, "Workload profiles in Azure Container Apps"
 * of November 2025; "Using serverless GPUs: Supported regions", as of March 2026. Every subscription needs quota for those with a GPU.
 */
export const workloadProfileTypes = {
  D4: node(4, 4),
  D8: node(8, 4),
  D16: node(16, 4),
  D32: node(32, 4),
  E4: node(4, 8),
  E8: node(8, 8),
  E16: node(16, 8),
  E32: node(32, 8),
  "NC24-A100": { allocation: "node", cpu: 24, memoryGib: 220, gpu: "A100", regions: dedicatedGpu },
  "NC48-A100": { allocation: "node", cpu: 48, memoryGib: 440, gpu: "A100", regions: dedicatedGpu },
  "NC96-A100": { allocation: "node", cpu: 96, memoryGib: 880, gpu: "A100", regions: dedicatedGpu },
  "Consumption-GPU-NC8as-T4": { allocation: "replica", cpu: 8, memoryGib: 56, gpu: "T4", regions: t4 },
  "Consumption-GPU-NC24-A100": { allocation: "replica", cpu: 24, memoryGib: 220, gpu: "A100", regions: a100 },
} as const satisfies Record<string, WorkloadProfileType>;

export type WorkloadProfileName = keyof typeof workloadProfileTypes;

/** A profile's type by the name that Azure has for it; undefined for Consumption, and for what is none. */
export function workloadProfileType(name: string): WorkloadProfileType | undefined {
  return Object.entries(workloadProfileTypes).find(([known]) => known === name)?.[1];
}

/** What a replica on Consumption has at most; each CPU brings 2 GiB. Source: Container Apps, "Containers", "Allocations". */
export const consumption = { cpu: 4, memoryGib: 8, gibPerCpu: 2 } as const;
