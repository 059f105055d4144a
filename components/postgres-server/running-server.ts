import { type GetServerResult, getServer } from "@pulumi/azure-native/dbforpostgresql";
import type { Resource } from "@pulumi/pulumi";
import { readExisting } from "../adoption/resource-options";

/** Reads a server as it is now; undefined when it is not there. Any other failure is thrown. */
export function readServer(
  place: { readonly resourceGroupName: string; readonly serverName: string },
  parent: Resource,
): Promise<GetServerResult | undefined> {
  return readExisting(() => getServer(place, { parent }));
}
