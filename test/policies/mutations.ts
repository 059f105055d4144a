import type { PropertyMap, PropertyValue } from "../../sandbox/engine/property-value";
import { isPropertyMap } from "../../sandbox/engine/property-value";

/** One guarded property flipped, and the rules that must notice: no more and no fewer. */
export interface Mutation {
  readonly type: string;
  readonly path: string;
  readonly value: PropertyValue;
  readonly fires: readonly string[];
  /** Only resources whose properties hold this. */
  readonly where?: Readonly<Record<string, PropertyValue>>;
}

const account = "azure-native:storage:StorageAccount";
const parameter = "azure-native:dbforpostgresql:Configuration";
const app = "azure-native:app:ContainerApp";
const vault = "azure-native:keyvault:Vault";
const registry = "azure-native:containerregistry:Registry";
const openNetwork = { publicNetworkAccess: "Enabled", delegatedSubnetResourceId: null };
const openRule = {
  direction: "Inbound",
  access: "Allow",
  protocol: "Tcp",
  sourceAddressPrefix: "*",
  destinationPortRange: "22",
};

export const mutations: readonly Mutation[] = [
  { type: account, path: "tags.Team", value: null, fires: ["required-tags"] },
  { type: account, path: "tags.Environment", value: "elsewhere", fires: ["environment-tag"] },
  { type: account, path: "tags.ManagedBy", value: "hand", fires: ["managed-by-tag"] },
  { type: account, path: "enableHttpsTrafficOnly", value: false, fires: ["storage-https-only"] },
  { type: account, path: "minimumTlsVersion", value: "TLS1_1", fires: ["storage-minimum-tls"] },
  { type: account, path: "allowBlobPublicAccess", value: true, fires: ["storage-no-public-blobs"] },
  { type: account, path: "allowSharedKeyAccess", value: true, fires: ["storage-no-account-keys"] },
  {
    type: account,
    path: "networkRuleSet.defaultAction",
    value: "Allow",
    fires: ["storage-default-deny"],
    where: { publicNetworkAccess: "Disabled" },
  },
  {
    type: account,
    path: "networkRuleSet.defaultAction",
    value: "Allow",
    fires: ["storage-default-deny", "storage-private"],
    where: { publicNetworkAccess: "Enabled" },
  },
  {
    type: "azure-native:storage:BlobContainer",
    path: "publicAccess",
    value: "Blob",
    fires: ["blob-container-private"],
  },
  { type: "azure-native:dbforpostgresql:Server", path: "network", value: openNetwork, fires: ["postgres-private"] },
  {
    type: parameter,
    path: "value",
    value: "off",
    fires: ["postgres-secure-transport"],
    where: { configurationName: "require_secure_transport" },
  },
  {
    type: parameter,
    path: "value",
    value: "TLSv1.1",
    fires: ["postgres-minimum-tls"],
    where: { configurationName: "ssl_min_protocol_version" },
  },
  {
    type: app,
    path: "configuration.ingress.allowInsecure",
    value: true,
    fires: ["container-app-https-only"],
    where: { "configuration.ingress.allowInsecure": false },
  },
  {
    type: app,
    path: "configuration.ingress.ipSecurityRestrictions",
    value: [],
    fires: ["container-app-not-exposed"],
    where: { "configuration.ingress.external": true },
  },
  { type: vault, path: "properties.enablePurgeProtection", value: false, fires: ["vault-purge-protection"] },
  { type: vault, path: "properties.softDeleteRetentionInDays", value: 7, fires: ["vault-soft-delete"] },
  {
    type: vault,
    path: "properties.networkAcls.defaultAction",
    value: "Allow",
    fires: ["vault-private"],
    where: { "properties.publicNetworkAccess": "enabled" },
  },
  { type: registry, path: "adminUserEnabled", value: true, fires: ["registry-no-admin-user"] },
  { type: registry, path: "anonymousPullEnabled", value: true, fires: ["registry-no-anonymous-pull"] },
  {
    type: "azure-native:network:NetworkSecurityGroup",
    path: "securityRules",
    value: [openRule],
    fires: ["network-no-open-ports"],
  },
];

/** The properties with one of them set to another value. */
export function mutated(properties: PropertyMap, path: string, value: PropertyValue): PropertyMap {
  const [first = "", ...rest] = path.split(".");
  if (rest.length === 0) return { ...properties, [first]: value };
  const within = properties[first];
  return { ...properties, [first]: mutated(isPropertyMap(within) ? within : {}, rest.join("."), value) };
}

export function valueAt(properties: PropertyMap, path: string): PropertyValue | undefined {
  const [first = "", ...rest] = path.split(".");
  const value = properties[first];
  if (rest.length === 0) return value;
  return isPropertyMap(value) ? valueAt(value, rest.join(".")) : undefined;
}
