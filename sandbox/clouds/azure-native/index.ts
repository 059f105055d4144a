import { type PropertyMap, Secret, Unknown, unknown } from "../../../deployment/values/property-value";
import { currentType } from "../../../lib/type-token";
import { type InvokeRequest, ServiceError } from "../../engine/provider";
import type { World } from "../../world/world";
import { type CheckContext, EmulatedProvider, type EmulatedProviderOptions } from "../emulated-provider";
import { flagAt, textAt } from "../read-property";
import { RepeatableRandom } from "../repeatable-random";
import type { TypeRule } from "../type-rule";
import { appRules } from "./app";
import { applicationInsightsRules } from "./applicationinsights";
import { sandboxTenant, subscriptionOf } from "./arm-id";
import { plainLocation } from "./arm-type";
import { authorizationRules } from "./authorization";
import { consumptionRules } from "./consumption";
import { containerRegistryRules } from "./containerregistry";
import { postgresRules } from "./dbforpostgresql";
import { resourceGroupType, resourceNotFound } from "./existing-resources";
import { keyVaultRules } from "./keyvault";
import { AzureSession, managedIdentityRules } from "./managedidentity";
import { monitorRules } from "./monitor";
import { networkRules } from "./network";
import { operationalInsightsRules, workspaceKeys } from "./operationalinsights";
import { privateDnsRules } from "./privatedns";
import { redisRules } from "./redis";
import { redisEnterpriseRules } from "./redisenterprise";
import { resourcesRules } from "./resources";
import { serviceBusRules } from "./servicebus";
import { storageRules } from "./storage";
import { unmodelledType } from "./unmodelled-type";

function azureRules(session: AzureSession): readonly TypeRule[] {
  return [
    ...resourcesRules,
    ...storageRules,
    ...networkRules,
    ...privateDnsRules,
    ...managedIdentityRules(session),
    ...authorizationRules(session),
    ...keyVaultRules,
    ...containerRegistryRules,
    ...postgresRules,
    ...appRules,
    ...operationalInsightsRules,
    ...applicationInsightsRules,
    ...monitorRules,
    ...consumptionRules,
    ...redisRules,
    ...redisEnterpriseRules,
    ...serviceBusRules,
  ];
}

/** The emulated Azure: what the provider `azure-native` reaches. One instance per provider resource. */
export function azureNativeProvider(world: World, options: EmulatedProviderOptions = {}): EmulatedProvider {
  const rules = azureRules(new AzureSession());
  return new EmulatedProvider(
    {
      packageName: "azure-native",
      behaviour: {
        cloud: "azure",
        alreadyExists: (id) =>
          new ServiceError("ResourceAlreadyExists", `cannot create already existing resource '${id}'`, 409),
        notFound: resourceNotFound,
        updateRecreates: true,
      },
      rules,
      unmodelledRule: unmodelledType,
      addInputs: withLocation,
      comparableText: comparableAzureText,
      invoke: invokeAzure(rules),
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
    const account = existing(
      "azure-native:storage:StorageAccount",
      `Microsoft.Storage/storageAccounts/${textAt(args, "accountName")}`,
      args,
      context,
    );
    if (flagAt(account.properties, "allowSharedKeyAccess") === false) {
      throw new ServiceError(
        "KeyBasedAuthenticationNotPermitted",
        "Key based authentication is not permitted on this storage account: its keys open nothing. Use Microsoft Entra identities.",
        403,
      );
    }
    const random = new RepeatableRandom(`storage keys ${account.id.toLowerCase()}`);
    const keys = ["key1", "key2"].map((keyName) => ({
      keyName,
      permissions: "FULL",
      value: new Secret(`${random.hex(86)}==`),
    }));
    return { keys };
  },
  "operationalinsights:getSharedKeys": sharedKeys,
  "operationalinsights:getWorkspaceSharedKeys": sharedKeys,
};

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
    const name = currentType(token).replace(/^azure-native:/, "");
    const special = functions[name];
    if (special !== undefined) return special(args, context);
    const rule = byType.get(currentType(`azure-native:${name.replace(/:get/, ":")}`));
    if (rule === undefined || rule.identity.kind !== "named" || !/:get[A-Z]/.test(name)) {
      throw new ServiceError("InvokeNotModelled", `The sandbox does not model the function ${token}.`, 501);
    }
    const id = rule.identity.id(args, { config: context.config });
    const object = context.world.get(rule.type, id);
    if (object === undefined) throw resourceNotFound(id);
    return { ...object.properties, id: object.id };
  };
}
