import { currentType } from "./type-token";

const postgres = "pg_dump --format=custom --dbname=NAME --file=NAME.dump   for each database of the server";
const blobs = "azcopy copy 'https://ACCOUNT.blob.core.windows.net/CONTAINER' ./export --recursive";
const redis = "az redisenterprise database export --cluster-name CLUSTER --sas-uri SAS_URL";
const messages = "drain the queues: messages in them cannot be exported";
const zone = "GET https://api.cloudflare.com/client/v4/zones/ID/dns_records/export   a zone file with every record";

/** What is known of a type of resource, whatever component makes it. */
export interface ResourceTypeFacts {
  /**
   * How to take out what its objects hold. Types that have it are stateful: their objects hold data or an identity that cannot be
   * made again. The display puts changes to them first, plan guards refuse what loses them, `destroy` says how to export.
   */
  readonly exportHint?: string;
  /** Whether the rule `diagnostics-exist` asks for a diagnostic setting beside it. Default: false. */
  readonly sendsLogs?: boolean;
  /**
   * Whether the rule `stack-parity` compares its settings between stacks. False for what is only a name or a reference to others,
   * and for what each environment has of its own: addresses, budgets, lifecycles. Stated for every type that two compared stacks have.
   */
  readonly compared?: boolean;
}

/** The one table of what display, plan guards and policies know of types, by current, unversioned token. */
export const resourceTypes: Readonly<Record<string, ResourceTypeFacts>> = {
  "azure-native:app:Certificate": { compared: false },
  "azure-native:app:ContainerApp": { compared: true },
  "azure-native:app:Job": { compared: true },
  "azure-native:app:ManagedEnvironment": { sendsLogs: true, compared: true },
  "azure-native:authorization:ManagementLockByScope": { compared: true },
  "azure-native:authorization:RoleAssignment": { compared: false },
  "azure-native:consumption:Budget": { compared: false },
  "azure-native:containerregistry:CacheRule": { compared: true },
  "azure-native:containerregistry:Registry": {
    exportHint: "az acr import   into another registry, for each image that is still needed",
    sendsLogs: true,
    compared: true,
  },
  "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra": { compared: false },
  "azure-native:dbforpostgresql:Configuration": { compared: true },
  "azure-native:dbforpostgresql:Database": { exportHint: postgres, compared: true },
  "azure-native:dbforpostgresql:Server": { exportHint: postgres, sendsLogs: true, compared: true },
  "azure-native:dbforpostgresql:VirtualEndpoint": { compared: false },
  "azure-native:cosmosdb:DatabaseAccount": {
    exportHint: "az cosmosdb   restore point, or a copy with the data migration tool",
  },
  "azure-native:keyvault:Key": { exportHint: "az keyvault key backup --vault-name VAULT --name KEY --file KEY.backup" },
  "azure-native:keyvault:Secret": {
    exportHint: "az keyvault secret backup --vault-name VAULT --name SECRET --file SECRET.backup",
    compared: false,
  },
  "azure-native:keyvault:Vault": {
    exportHint: "az keyvault secret backup --vault-name VAULT --name SECRET --file SECRET.backup   for each secret",
    sendsLogs: true,
    compared: true,
  },
  "azure-native:managedidentity:UserAssignedIdentity": { compared: false },
  "azure-native:alertsmanagement:AlertProcessingRuleByName": { compared: false },
  "azure-native:alertsmanagement:PrometheusRuleGroup": { compared: true },
  "azure-native:eventgrid:SystemTopic": { compared: false },
  "azure-native:eventgrid:SystemTopicEventSubscription": { compared: true },
  "azure-native:applicationinsights:Workbook": { compared: false },
  "azure-native:monitor:ActionGroup": { compared: false },
  "azure-native:monitor:AzureMonitorWorkspace": { compared: false },
  "azure-native:monitor:DataCollectionEndpoint": { compared: false },
  "azure-native:monitor:DataCollectionRule": { compared: true },
  "azure-native:monitor:DiagnosticSetting": { compared: true },
  "azure-native:monitor:MetricAlert": { compared: true },
  "azure-native:monitor:ScheduledQueryRule": { compared: true },
  "azure-native:network:NetworkSecurityGroup": { compared: true },
  "azure-native:network:PrivateDnsZoneGroup": { compared: false },
  "azure-native:network:PrivateEndpoint": { compared: false },
  "azure-native:network:Subnet": { compared: false },
  "azure-native:network:VirtualNetwork": { compared: false },
  "azure-native:operationalinsights:Workspace": {
    exportHint: "az monitor log-analytics workspace data-export create   to a storage account",
    compared: true,
  },
  "azure-native:privatedns:PrivateRecordSet": { compared: false },
  "azure-native:privatedns:PrivateZone": { compared: false },
  "azure-native:privatedns:VirtualNetworkLink": { compared: false },
  "azure-native:redis:Redis": {
    exportHint: "az redis export --name CACHE --resource-group GROUP --prefix export --container SAS_URL",
    sendsLogs: true,
  },
  "azure-native:redisenterprise:AccessPolicyAssignment": { compared: false },
  // Its logs are the database's. Source: Azure Monitor, "Supported logs for Microsoft.Cache/redisEnterprise/databases".
  "azure-native:redisenterprise:Database": { exportHint: redis, sendsLogs: true, compared: true },
  "azure-native:redisenterprise:RedisEnterprise": { exportHint: redis, compared: true },
  "azure-native:resources:ResourceGroup": {
    compared: false,
    exportHint: "az group export --name GROUP   the settings; the data of what is in it each in its own way",
  },
  "azure-native:servicebus:Namespace": { exportHint: messages, sendsLogs: true, compared: true },
  "azure-native:servicebus:Queue": { exportHint: messages, compared: true },
  "azure-native:storage:BlobContainer": { exportHint: blobs, compared: true },
  "azure-native:storage:BlobServiceProperties": { compared: true },
  "azure-native:storage:FileShare": {
    exportHint: "azcopy copy 'https://ACCOUNT.file.core.windows.net/SHARE' ./export --recursive",
  },
  "azure-native:storage:ManagementPolicy": { compared: false },
  "azure-native:storage:ObjectReplicationPolicy": { compared: false },
  "azure-native:storage:StorageAccount": { exportHint: blobs, sendsLogs: true, compared: true },
  "cloudflare:index/accountToken:AccountToken": { compared: false },
  "cloudflare:index/dnsRecord:DnsRecord": { compared: false },
  "cloudflare:index/pagesDomain:PagesDomain": { compared: false },
  "cloudflare:index/pagesProject:PagesProject": {
    exportHint:
      "wrangler pages download config PROJECT   its settings; the contents are built again from the repository",
    compared: true,
  },
  "cloudflare:index/r2Bucket:R2Bucket": { exportHint: "rclone copy r2:BUCKET ./export", compared: false },
  "cloudflare:index/r2BucketLifecycle:R2BucketLifecycle": { compared: true },
  "cloudflare:index/workersKvNamespace:WorkersKvNamespace": {
    exportHint: "wrangler kv key list --namespace-id ID   then get each key",
  },
  "cloudflare:index/zone:Zone": { exportHint: zone },
  "cloudflare:index/zoneDnssec:ZoneDnssec": {
    exportHint: "remove the DS record at the registrar a day before, or the domain stops resolving",
  },
  "github:index/repository:Repository": { exportHint: "git clone --mirror URL" },
  // A component: what it stands for is on the hosts, and its replica in the backup store.
  "landscape:host-replication:HostDatabase": {
    exportHint: "litestream restore -config etc/litestream-TIER.yml -o COPY.db databases/NAME.db   on a host",
  },
};

/** The types for which a fact holds. */
export function typesWith(fact: "sendsLogs" | "compared"): readonly string[] {
  return Object.keys(resourceTypes).filter((type) => resourceTypes[type]?.[fact] === true);
}

/** True for a stateful type, also under an earlier token or a versioned one such as `azure-native:storage/v20230101:StorageAccount`. */
export function isStateful(type: string): boolean {
  return exportHint(type) !== undefined;
}

/** How to take out what an object of this type holds; undefined when it holds nothing that would be missed. */
export function exportHint(type: string): string | undefined {
  return resourceTypes[currentType(type)]?.exportHint;
}

/** The tag of a container job that `npm run up` starts after a deployment that made or changed it. */
export const runAfterChange = { RunAfterChange: "true" } as const;
