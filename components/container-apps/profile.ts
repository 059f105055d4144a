import type { input } from "@pulumi/azure-native/types";
import type { Problem } from "../../lib/located-yaml/problem";
import {
  consumption,
  type WorkloadProfileName,
  type WorkloadProfileType,
  workloadProfileTypes,
} from "../../lib/workload-profiles";
import type { StackContext } from "../context/stack-context";

/** Hardware of an environment that its services can run on, beside Consumption. */
export interface WorkloadProfile {
  /** What Azure calls it. Of those with a GPU by node it is fixed when the environment is made. @example "Consumption-GPU-NC8as-T4" */
  readonly type: WorkloadProfileName;
  /** Nodes that always run; of what is paid by node only. Default: 0. */
  readonly min?: number | undefined;
  /** Nodes at most; of what is paid by node only. Default: the larger of `min` and 3. */
  readonly max?: number | undefined;
}

export type WorkloadProfiles = Readonly<Record<string, WorkloadProfile>>;

/** The profile that every environment has. */
export const consumptionProfile = "Consumption";

/** What is wrong with an environment's profiles in its region. */
export function profileProblems(profiles: WorkloadProfiles, { location }: Pick<StackContext, "location">): Problem[] {
  return Object.entries(profiles).flatMap(([name, { type, min, max }]) => {
    const { allocation, regions }: WorkloadProfileType = workloadProfileTypes[type];
    const problem = (part: string, message: string) => ({ path: ["profiles", name, part], message });
    return [
      ...(regions !== undefined && !regions.includes(location)
        ? [problem("type", `"${type}" is not offered in ${location}; it is in ${regions.join(", ")}`)]
        : []),
      ...(allocation === "replica" && min !== undefined
        ? [problem("min", `"${type}" is paid by replica and has no nodes; leave it out`)]
        : []),
      ...(allocation === "replica" && max !== undefined
        ? [problem("max", `"${type}" is paid by replica and has no nodes; leave it out`)]
        : []),
      ...(min !== undefined && max !== undefined && min > max ? [problem("min", "min is above max")] : []),
      ...(Object.values(profiles).filter((other) => other.type === type).length > 1
        ? [problem("type", `"${type}" is there twice; keep one of them`)]
        : []),
    ];
  });
}

/** An environment's profiles as Azure takes them. Without a declared Consumption, apps that name it are refused. */
export function profileArgs(profiles: WorkloadProfiles): input.app.WorkloadProfileArgs[] {
  return [
    { name: consumptionProfile, workloadProfileType: consumptionProfile },
    ...Object.values(profiles).map(({ type, min = 0, max = Math.max(min, 3) }) => ({
      ...{ name: type, workloadProfileType: type },
      // Azure refuses counts of what it pays by replica (hashicorp/terraform-provider-azurerm#31763).
      ...(workloadProfileTypes[type].allocation === "node" ? { minimumCount: min, maximumCount: max } : {}),
    })),
  ];
}

/**
 * The name that a profile has at Azure: its type, as Azure itself calls those that are paid by replica. So what an app costs can be told
 * from the app.
 */
export function azureProfileName(profile: string | undefined, profiles: WorkloadProfiles = {}): string {
  return profile === undefined ? consumptionProfile : (profiles[profile]?.type ?? profile);
}

/** What a container asks for. */
interface Size {
  readonly cpu?: number | undefined;
  readonly memoryGib?: number | undefined;
  readonly profile?: string | undefined;
}

/** The CPUs and memory of a container: what it says; else those of a replica with a GPU, or the smallest there is. */
export function sizeOnProfile({ cpu, memoryGib, profile }: Size, profiles: WorkloadProfiles) {
  const type = profile === undefined ? undefined : profiles[profile]?.type;
  const whole = type === undefined ? undefined : workloadProfileTypes[type];
  const isWhole = whole?.allocation === "replica";
  const cpus = cpu ?? (isWhole ? whole.cpu : 0.25);
  return {
    cpu: cpus,
    memoryGib: memoryGib ?? (isWhole && cpu === undefined ? whole.memoryGib : cpus * consumption.gibPerCpu),
  };
}

/** What is wrong with a container's size on the profile that it runs on. */
export function sizeProblems(size: Size, profiles: WorkloadProfiles): Problem[] {
  const { profile } = size;
  const type = profile === undefined ? undefined : profiles[profile]?.type;
  if (profile !== undefined && profile !== consumptionProfile && type === undefined) {
    const known = [consumptionProfile, ...Object.keys(profiles)].join(", ");
    return [{ path: ["profile"], message: `"${profile}" is no profile of the environment; it has ${known}` }];
  }
  const most = type === undefined ? consumption : workloadProfileTypes[type];
  const name = type ?? consumptionProfile;
  const { cpu, memoryGib } = sizeOnProfile(size, profiles);
  return [
    ...(cpu > most.cpu ? [{ path: ["cpu"], message: `${cpu} is more than the ${most.cpu} of ${name}` }] : []),
    ...(memoryGib > most.memoryGib
      ? [
          {
            path: [size.memoryGib === undefined ? "cpu" : "memoryGib"],
            message: `${memoryGib} GiB is more than the ${most.memoryGib} of ${name}`,
          },
        ]
      : []),
    ...(type === undefined && memoryGib !== cpu * consumption.gibPerCpu
      ? [{ path: ["memoryGib"], message: `each CPU brings ${consumption.gibPerCpu} GiB on ${name}; leave it out` }]
      : []),
  ];
}
