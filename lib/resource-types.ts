import { currentType } from "../../lib/type-token";

const postgres = "pg_dump --format=custom --dbname=NAME --file=NAME.dump   for each database of the server";
const blobs = "azcopy copy 'https://ACCOUNT.blob.core.windows.net/CONTAINER' ./export --recursive";
const zone = "GET https://api.cloudflare.com/client/v4/zones/ID/dns_records/export   a zone file with every record";

/**
 * Types whose objects hold data or an identity that cannot be made again, each with the way to take what is inside out first.
 * Current type tokens. The display puts changes to these first; whoever guards plans reads the same list.
 */
export const statefulTypes: ReadonlyMap<string, string> = new Map([
  [
    "azure-native:containerregistry:Registry",
    "az acr import   into another registry, for each image that is still needed",
  ],
  ["azure-native:dbforpostgresql:Database", postgres],
  ["azure-native:dbforpostgresql:Server", postgres],
  ["azure-native:cosmosdb:DatabaseAccount", "az cosmosdb   restore point, or a copy with the data migration tool"],
  ["azure-native:keyvault:Key", "az keyvault key backup --vault-name VAULT --name KEY --file KEY.backup"],
  [
    "azure-native:keyvault:Vault",
    "az keyvault secret backup --vault-name VAULT --name SECRET --file SECRET.backup   for each secret",
  ],
  [
    "azure-native:operationalinsights:Workspace",
    "az monitor log-analytics workspace data-export create   to a storage account",
  ],
  [
    "azure-native:redis:Redis",
    "az redis export --name CACHE --resource-group GROUP --prefix export --container SAS_URL",
  ],
  [
    "azure-native:redisenterprise:RedisEnterprise",
    "az redisenterprise database export --cluster-name CLUSTER --sas-uri SAS_URL",
  ],
  [
    "azure-native:resources:ResourceGroup",
    "az group export --name GROUP   the settings; the data of what is in it each in its own way",
  ],
  ["azure-native:servicebus:Namespace", "drain the queues: messages in them cannot be exported"],
  ["azure-native:storage:BlobContainer", blobs],
  ["azure-native:storage:FileShare", "azcopy copy 'https://ACCOUNT.file.core.windows.net/SHARE' ./export --recursive"],
  ["azure-native:storage:StorageAccount", blobs],
  ["cloudflare:index/r2Bucket:R2Bucket", "rclone copy r2:BUCKET ./export"],
  [
    "cloudflare:index/workersKvNamespace:WorkersKvNamespace",
    "wrangler kv key list --namespace-id ID   then get each key",
  ],
  ["cloudflare:index/zone:Zone", zone],
  [
    "cloudflare:index/zoneDnssec:ZoneDnssec",
    "remove the DS record at the registrar a day before, or the domain stops resolving",
  ],
  ["github:index/repository:Repository", "git clone --mirror URL"],
]);

/** True for a stateful type, also under an earlier token or a versioned one such as `azure-native:storage/v20230101:StorageAccount`. */
export function isStateful(type: string): boolean {
  return statefulTypes.has(currentType(type));
}

/** How to take out what an object of this type holds; undefined when it holds nothing that would be missed. */
export function exportHint(type: string): string | undefined {
  return statefulTypes.get(currentType(type));
}
