import { type PropertyMap, Unknown, unknown } from "../../../deployment/values/property-value";
import { ServiceError } from "../../engine/provider";
import type { World } from "../../world/world";
import { type CheckContext, EmulatedProvider, type EmulatedProviderOptions } from "../emulated-provider";
import { textAt } from "../read-property";
import type { TypeRule } from "../type-rule";
import { appRules } from "./app";
import { applicationInsightsRules } from "./applicationinsights";
import { subscriptionOf } from "./arm-id";
import { plainLocation } from "./arm-type";
import { authorizationRules } from "./authorization";
import { consumptionRules } from "./consumption";
import { containerRegistryRules } from "./containerregistry";
import { postgresRules } from "./dbforpostgresql";
import { resourceGroupType, resourceNotFound } from "./existing-resources";
import { invokeAzure } from "./invokes";
import { keyVaultRules } from "./keyvault";
import { AzureSession, managedIdentityRules } from "./managedidentity";
import { monitorRules } from "./monitor";
import { networkRules } from "./network";
import { operationalInsightsRules } from "./operationalinsights";
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
          new ServiceError("ResourceAlreadyExists", 409, `cannot create already existing resource '${id}'`),
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

/** azure-native gives a resource without a location the configured one, or its group's. */
function withLocation(rule: TypeRule, inputs: PropertyMap, { world, config }: CheckContext): PropertyMap {
  if (inputs.location !== undefined || rule.required?.includes("location") !== true) return inputs;
  const configured = textAt(config, "location");
  if (configured !== undefined) return { ...inputs, location: configured };
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
