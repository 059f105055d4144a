import { currentType } from "../../lib/type-token";

/** The resource provider of each module of azure-native that stacks use. */
const namespaces: Readonly<Record<string, string>> = {
  alertsmanagement: "Microsoft.AlertsManagement",
  app: "Microsoft.App",
  authorization: "Microsoft.Authorization",
  consumption: "Microsoft.Consumption",
  containerregistry: "Microsoft.ContainerRegistry",
  dbforpostgresql: "Microsoft.DBforPostgreSQL",
  keyvault: "Microsoft.KeyVault",
  managedidentity: "Microsoft.ManagedIdentity",
  monitor: "Microsoft.Insights",
  network: "Microsoft.Network",
  operationalinsights: "Microsoft.OperationalInsights",
  privatedns: "Microsoft.Network",
  redisenterprise: "Microsoft.Cache",
  resources: "Microsoft.Resources",
  servicebus: "Microsoft.ServiceBus",
  storage: "Microsoft.Storage",
};

/** The resource providers of what a program makes. @throws when a module has no row in the table */
export function providersOf(planned: readonly { readonly type: string }[]): readonly string[] {
  const modules = planned.flatMap(({ type }) => {
    const [name, module = ""] = currentType(type).split(":");
    return name === "azure-native" ? [module] : [];
  });
  const found = [...new Set(modules)].map((module) => {
    const namespace = namespaces[module];
    if (namespace === undefined)
      throw new Error(`operations/doctor/resource-providers.ts names no resource provider of ${module}`);
    return namespace;
  });
  return [...new Set(found)].sort();
}
