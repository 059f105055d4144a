import { type PropertyMap, Secret, Unknown, unknown } from "../../../deployment/values/property-value";
import { currentType } from "../../../lib/type-token";
import { type InvokeRequest, ServiceError } from "../../engine/provider";
import type { World, WorldObject } from "../../world/world";
import { type CheckContext, EmulatedProvider, type EmulatedProviderOptions } from "../emulated-provider";
import type { CloudBehaviour } from "../object-lifecycle";
import { flagAt, textAt } from "../read-property";
import { RepeatableRandom } from "../repeatable-random";
import type { TypeRule } from "../type-rule";
import { containerApp } from "./app/container-app";
import { certificate, managedCertificate } from "./app/custom-domain";
import { managedEnvironment } from "./app/environment";
import { job } from "./app/job";
import { applicationInsightsRules } from "./applicationinsights";
import { sandboxTenant, subscriptionOf } from "./arm-id";
import { plainLocation } from "./arm-type";
import { authorizationRules } from "./authorization";
import { consumptionRules } from "./consumption";
import { containerRegistryRules } from "./containerregistry";
import { configuration } from "./dbforpostgresql/configuration";
import { server } from "./dbforpostgresql/server";
import { serverChildRules } from "./dbforpostgresql/server-children";
import { resourceGroupType, resourceNotFound } from "./existing-resources";
import { vault } from "./keyvault/vault";
import { vaultItemRules } from "./keyvault/vault-items";
import { AzureSession, managedIdentityRules } from "./managedidentity";
import { monitorRules } from "./monitor";
import { outboundRules } from "./network/outbound";
import { privateEndpointRules } from "./network/private-endpoint";
import { securityGroupRules } from "./network/security-group";
import { subnet, virtualNetwork } from "./network/virtual-network";
import { operationalInsightsRules, workspaceKeys } from "./operationalinsights";
import { privateDnsRules } from "./privatedns";
import { redisRules } from "./redis";
import { redisEnterpriseRules } from "./redisenterprise";
import { resourcesRules } from "./resources";
import { serviceBusRules } from "./servicebus";
import { storageAccount } from "./storage/account";
import { blobRules } from "./storage/blobs";
import { replicationRules } from "./storage/replication";
import { findUnmodelled, unmodelledType } from "./unmodelled-type";

function azureRules(session: AzureSession): readonly TypeRule[] {
  return [
    ...resourcesRules,
    storageAccount,
    ...blobRules,
    ...replicationRules,
    virtualNetwork,
    subnet,
    ...securityGroupRules,
    ...privateEndpointRules,
    ...outboundRules,
    ...privateDnsRules,
    ...managedIdentityRules(session),
    ...authorizationRules(session),
    vault,
    ...vaultItemRules,
    ...containerRegistryRules,
    server,
    configuration,
    ...serverChildRules,
    managedEnvironment,
    containerApp,
    job,
    certificate,
    managedCertificate,
    ...operationalInsightsRules,
    ...applicationInsightsRules,
    ...monitorRules,
    ...consumptionRules,
    ...redisRules,
    ...redisEnterpriseRules,
    ...serviceBusRules,
  ];
}

/** How its services answer where they agree. */
export const azureBehaviour: CloudBehaviour = {
  cloud: "azure",
  alreadyExists: (id) =>
    new ServiceError("ResourceAlreadyExists", `cannot create already existing resource '${id}'`, 409),
  notFound: resourceNotFound,
  updateRecreates: true,
};

/** The emulated Azure: what the provider `azure-native` reaches. One instance per provider resource. */
export function azureNativeProvider(world: World, options: EmulatedProviderOptions = {}): EmulatedProvider {
  const rules = azureRules(new AzureSession());
  return new EmulatedProvider(
    {
      packageName: "azure-native",
      behaviour: azureBehaviour,
      rules,
      unmodelledRule: unmodelledType,
      addInputs: withLocation,
      comparableText: comparableAzureText,
      invoke: invokeAzure(rules),
      hasFunction: hasAzureFunction,
    },
    world,
    options,
  );
}

/** azure-native gives a resource without a location the configured one, or its group's; a group has none. */
function withLocation(rule: TypeRule, inputs: PropertyMap, { world, config }: CheckContext): PropertyMap {
  if (inputs.location !== undefined || rule.required?.includes("location") !== true) return inputs;
  const configured = textAt(config, "location");
  if (configured !== undefined) return { ...inputs, location: configured };
  if (rule.type === resourceGroupType) return inputs;
  if (inputs.resourceGroupName instanceof Unknown) return { ...inputs, location: unknown };
  const group = world.get(
    resourceGroupType,
    `/subscriptions/${subscriptionOf(config)}/resourceGroups/${textAt(inputs, "resourceGroupName")}`,
  );
  const location = textAt(group?.properties ?? {}, "location");
  return location === undefined ? inputs : { ...inputs, location };
}

/** Azure compares ids without regard to case, and regions without regard to spaces too. */
function comparableAzureText(text: string, path: readonly (string | number)[]): string {
  if (path.length === 1 && path[0] === "location") return plainLocation(text);
  return /^\/subscriptions\//i.test(text) ? text.toLowerCase() : text;
}

type AzureFunction = (args: PropertyMap, context: CheckContext) => PropertyMap;

const functions: Readonly<Record<string, AzureFunction>> = {
  "authorization:getClientConfig": (_, { world, config }) => {
    const [seeded] = world.list("azure-native:authorization:ClientConfig");
    return {
      clientId: textAt(config, "clientId") ?? seeded?.properties.clientId ?? "",
      objectId: seeded?.properties.objectId ?? "",
      subscriptionId: subscriptionOf(config),
      tenantId: textAt(config, "tenantId") ?? seeded?.properties.tenantId ?? sandboxTenant,
    };
  },
  "storage:listStorageAccountKeys": (args, context) => {
    const random = new RepeatableRandom(`storage keys ${accountWithKeys(args, context).id.toLowerCase()}`);
    const keys = ["key1", "key2"].map((keyName) => ({
      keyName,
      permissions: "FULL",
      value: new Secret(`${random.hex(86)}==`),
    }));
    return { keys };
  },
  "storage:listStorageAccountSAS": (args, context) => ({
    accountSasToken: sharedAccessToken(args, context),
  }),
  "storage:listStorageAccountServiceSAS": (args, context) => ({
    serviceSasToken: sharedAccessToken(args, context),
  }),
  "containerregistry:listRegistryCredentials": (args, context) => {
    const name = textAt(args, "registryName") ?? "";
    const registry = existing(
      "azure-native:containerregistry:Registry",
      `Microsoft.ContainerRegistry/registries/${name}`,
      args,
      context,
    );
    if (flagAt(registry.properties, "adminUserEnabled") !== true) {
      throw new ServiceError(
        "UnAuthorizedForCredentialOperations",
        `Cannot perform credential operations for ${registry.id} as admin user is disabled. Kindly enable admin user as per docs: https://docs.microsoft.com/en-us/azure/container-registry/container-registry-authentication#admin-account`,
      );
    }
    const random = new RepeatableRandom(`registry password ${registry.id.toLowerCase()}`);
    const passwords = ["password", "password2"].map((each) => ({ name: each, value: new Secret(random.hex(32)) }));
    return { username: name, passwords };
  },
  "operationalinsights:getSharedKeys": sharedKeys,
  "operationalinsights:getWorkspaceSharedKeys": sharedKeys,
};

function accountWithKeys(args: PropertyMap, context: CheckContext): WorldObject {
  const account = existing(
    "azure-native:storage:StorageAccount",
    `Microsoft.Storage/storageAccounts/${textAt(args, "accountName")}`,
    args,
    context,
  );
  if (flagAt(account.properties, "allowSharedKeyAccess") !== false) return account;
  throw new ServiceError(
    "KeyBasedAuthenticationNotPermitted",
    "Key based authentication is not permitted on this storage account: its keys open nothing. Use Microsoft Entra identities.",
    403,
  );
}

/** A token for what the arguments name, the same for the same arguments. */
function sharedAccessToken(args: PropertyMap, context: CheckContext): Secret {
  const { id } = accountWithKeys(args, context);
  const until = textAt(args, "sharedAccessExpiryTime") ?? "";
  const signature = new RepeatableRandom(`shared access ${id.toLowerCase()} ${JSON.stringify(args)}`).hex(64);
  return new Secret(`sv=2015-04-05&se=${encodeURIComponent(until)}&sig=${signature}`);
}

function sharedKeys(args: PropertyMap, context: CheckContext): PropertyMap {
  const name = textAt(args, "workspaceName");
  const workspace = existing(
    "azure-native:operationalinsights:Workspace",
    `Microsoft.OperationalInsights/workspaces/${name}`,
    args,
    context,
  );
  const { primarySharedKey, secondarySharedKey } = workspaceKeys(workspace.id);
  return { primarySharedKey: new Secret(primarySharedKey), secondarySharedKey: new Secret(secondarySharedKey) };
}

function existing(type: string, path: string, args: PropertyMap, { world, config }: CheckContext) {
  const id = `/subscriptions/${subscriptionOf(config)}/resourceGroups/${textAt(args, "resourceGroupName")}/providers/${path}`;
  const object = world.get(type, id);
  if (object === undefined) throw resourceNotFound(id);
  return object;
}

/** Answers a function call: the few that compute something, and `get<Type>`, which reads an object by the parts of its id. */
function invokeAzure(rules: readonly TypeRule[]) {
  const byType = new Map(rules.map((rule) => [rule.type, rule]));
  return ({ token, args }: InvokeRequest, context: CheckContext): PropertyMap => {
    const name = functionName(token);
    const special = functions[name];
    if (special !== undefined) return special(args, context);
    const type = currentType(`azure-native:${name.replace(getFunction, ":")}`);
    const rule = byType.get(type);
    const id = rule?.identity.kind === "named" ? rule.identity.id(args, { config: context.config }) : undefined;
    const object = id === undefined ? findUnmodelled(context.world, type, args) : context.world.get(type, id);
    if (object === undefined) throw resourceNotFound(id ?? `${type} ${JSON.stringify(args)}`);
    return { ...object.properties, id: object.id };
  };
}

const getFunction = /:get(?=[A-Z])/;

function functionName(token: string): string {
  return currentType(token).replace(/^azure-native:/, "");
}

function hasAzureFunction(token: string): boolean {
  return Object.hasOwn(functions, functionName(token)) || getFunction.test(token);
}
