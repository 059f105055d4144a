import type { PropertyMap } from "../../../../deployment/values/property-value";
import { Azure } from "./azure-fixture";

export const general = { name: "Standard_D2ds_v5", tier: "GeneralPurpose" };
export const server = {
  resourceGroupName: "rg",
  serverName: "db-one",
  sku: general,
  administratorLogin: "owner",
  administratorLoginPassword: "not-a-real-password",
};
export const child = { resourceGroupName: "rg", serverName: "db-one" };
export const database = (databaseName: string) => ({ ...child, databaseName });
export const parameter = (configurationName: string, value: string) => ({
  ...child,
  configurationName,
  value,
  source: "user-override",
});
export async function withServer(given: PropertyMap = {}) {
  const azure = await Azure.withGroup();
  return { azure, made: await azure.create("dbforpostgresql:Server", { ...server, ...given }, "db") };
}
