import type { PropertyMap } from "../../../../deployment/values/property-value";
import type { WorldObject } from "../../../../sandbox/world/world";
import { Azure, type Deployed } from "./azure-fixture";

export const acrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
export const secretsUser = "4633458b-17de-408a-b874-0445c86b69e6";
export const consumption = [{ name: "Consumption", workloadProfileType: "Consumption" }];
export const placeholder = "mcr.microsoft.com/k8se/quickstart:latest";

export async function withEnvironment(
  given: PropertyMap = { workloadProfiles: consumption },
  seed: readonly WorldObject[] = [],
) {
  const azure = await Azure.withGroup(seed);
  const environment = await azure.create(
    "app:ManagedEnvironment",
    { resourceGroupName: "rg", environmentName: "env", ...given },
    "env",
  );
  return { azure, environment };
}

export function app(environment: Deployed, given: PropertyMap = {}, container: PropertyMap = {}): PropertyMap {
  return {
    resourceGroupName: "rg",
    containerAppName: "api",
    environmentId: environment.id,
    template: {
      containers: [{ name: "api", image: placeholder, resources: { cpu: 0.25, memory: "0.5Gi" }, ...container }],
    },
    ...given,
  };
}

export function job(environment: Deployed, configuration: PropertyMap, container: PropertyMap = {}): PropertyMap {
  return {
    resourceGroupName: "rg",
    jobName: "nightly",
    environmentId: environment.id,
    configuration: { replicaTimeout: 600, ...configuration },
    template: { containers: [{ name: "run", image: placeholder, ...container }] },
  };
}
