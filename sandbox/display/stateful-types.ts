/**
 * Types whose objects hold data or an identity that cannot be made again: replacing or deleting one loses what is inside.
 * Unversioned type tokens. The display puts changes to these first; whoever guards plans reads the same list.
 */
export const statefulTypes: ReadonlySet<string> = new Set([
  "azure-native:containerregistry:Registry",
  "azure-native:dbforpostgresql:Database",
  "azure-native:dbforpostgresql:Server",
  "azure-native:documentdb:DatabaseAccount",
  "azure-native:keyvault:Key",
  "azure-native:keyvault:Vault",
  "azure-native:operationalinsights:Workspace",
  "azure-native:redis:Redis",
  "azure-native:redisenterprise:RedisEnterprise",
  "azure-native:resources:ResourceGroup",
  "azure-native:servicebus:Namespace",
  "azure-native:storage:BlobContainer",
  "azure-native:storage:FileShare",
  "azure-native:storage:StorageAccount",
  "cloudflare:index/r2Bucket:R2Bucket",
  "cloudflare:index/workersKvNamespace:WorkersKvNamespace",
  "cloudflare:index/zone:Zone",
  "cloudflare:index/zoneDnssec:ZoneDnssec",
  "github:index/repository:Repository",
]);

/** True for a stateful type, also in a versioned form such as `azure-native:storage/v20230101:StorageAccount`. */
export function isStateful(type: string): boolean {
  return statefulTypes.has(type.replace(/\/v\d{8}(?:preview)?:/, ":"));
}
