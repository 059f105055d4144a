import { type Provider, ServiceError } from "../../engine/provider";
import type { World } from "../../world/world";
import { answerFunctions, EmulatedProvider, type EmulatedProviderOptions } from "../emulated-provider";
import { genericObject } from "../type-rule";
import {
  accountTokenRule,
  apiTokenRule,
  bucketCorsRule,
  bucketDomainRule,
  bucketLifecycleRule,
  bucketRule,
} from "./bucket-and-tokens";
import { dnsRecordRule } from "./dns-record";
import { cloudflareFunctions } from "./functions";
import { loadBalancerMonitorRule, loadBalancerPoolRule, loadBalancerRule } from "./load-balancing";
import { notificationPolicyRule } from "./notification-policy";
import { pagesDomainRule, pagesProjectRule } from "./pages";
import { rulesetRule } from "./ruleset";
import { zoneDnssecRule, zoneRule, zoneSettingRule } from "./zone";
import { botManagementRule, zoneSubscriptionRule } from "./zone-plan";

/** The `cloudflare` package over the emulated world: an account with its zones, Pages projects, buckets and tokens. */
export function cloudflareProvider(world: World, options: EmulatedProviderOptions = {}): Provider {
  return new EmulatedProvider(
    {
      packageName: "cloudflare",
      behaviour: {
        cloud: "cloudflare",
        alreadyExists: (id) => new ServiceError("1061", `${id} already exists.`, 409),
        notFound: (id) => new ServiceError("1001", `${id} was not found.`, 404),
        updateRecreates: false,
      },
      rules: [
        zoneRule,
        zoneDnssecRule,
        zoneSettingRule,
        zoneSubscriptionRule,
        botManagementRule,
        dnsRecordRule,
        rulesetRule,
        loadBalancerMonitorRule,
        loadBalancerPoolRule,
        loadBalancerRule,
        pagesProjectRule,
        pagesDomainRule,
        notificationPolicyRule,
        bucketRule,
        bucketLifecycleRule,
        bucketCorsRule,
        bucketDomainRule,
        apiTokenRule,
        accountTokenRule,
      ],
      unmodelledRule: genericObject,
      ...answerFunctions(cloudflareFunctions),
      comparesWithState: true,
    },
    world,
    options,
  );
}
