import type { PropertyMap } from "../../../../deployment/values/property-value";
import { parseIsoDuration } from "../../../../lib/duration";
import { type CheckFailure, ServiceError } from "../../../engine/provider";
import { textAt } from "../../read-property";
import type { ServiceContext } from "../../type-rule";
import { nameOfId, parentOfId, sameId } from "../arm-id";
import { armType } from "../arm-type";

const namespacePath = "Microsoft.ServiceBus/namespaces/{namespaceName}";
const parent = { type: "servicebus:Namespace", path: namespacePath };
const namespaceType = "azure-native:servicebus:Namespace";
const queueType = "azure-native:servicebus:Queue";
const topicType = "azure-native:servicebus:Topic";

const namespace = armType({
  type: "servicebus:Namespace",
  describedBy: ["servicebus", "SBNamespace", "namespaceName"],
  path: namespacePath,
  name: {
    pattern: /^[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9]$/,
    expected: "6 to 50 letters, digits and dashes, beginning with a letter, ending with a letter or digit",
    code: "InvalidNamespaceName",
    uniqueInWorld: (name) => new ServiceError("NamespaceUnavailable", `Namespace '${name}' is already in use.`, 409),
  },
  located: true,
  allowed: {
    "sku.name": ["Basic", "Standard", "Premium"],
    minimumTlsVersion: ["1.0", "1.1", "1.2"],
    publicNetworkAccess: ["Enabled", "Disabled", "SecuredByPerimeter"],
    "sku.capacity": [1, 2, 4, 8, 16],
  },
  defaults: {
    sku: { name: "Standard" },
    disableLocalAuth: false,
    minimumTlsVersion: "1.2",
    publicNetworkAccess: "Enabled",
    zoneRedundant: true,
  },
  createOnly: ["zoneRedundant", "premiumMessagingPartitions", "encryption.requireInfrastructureEncryption"],
  computed: {
    names: ["serviceBusEndpoint", "provisioningState", "status", "metricId"],
    stable: ["serviceBusEndpoint"],
    values: ({ inputs }) => ({
      serviceBusEndpoint: `https://${textAt(inputs, "namespaceName")}.servicebus.windows.net:443/`,
      provisioningState: "Succeeded",
      status: "Active",
      metricId: textAt(inputs, "namespaceName") ?? "",
    }),
  },
  service: {
    write: ({ inputs }) => refusePremiumFeatures(inputs),
    update: ({ inputs, existing }) => {
      const [before, after] = [existing.properties, inputs].map((map) => textAt(map, "sku.name") === "Premium");
      if (before !== after)
        throw new ServiceError(
          "BadRequest",
          "A namespace cannot be changed to or from the Premium tier; it is migrated.",
        );
    },
  },
});

function refusePremiumFeatures(inputs: PropertyMap): void {
  const sku = textAt(inputs, "sku.name");
  if (sku === "Premium") return;
  const wanted = [
    textAt(inputs, "publicNetworkAccess") === "Disabled" ? "publicNetworkAccess Disabled" : [],
    inputs.encryption === undefined ? [] : "encryption",
    inputs.premiumMessagingPartitions === undefined ? [] : "premiumMessagingPartitions",
  ].flat();
  if (wanted.length === 0) return;
  throw new ServiceError("BadRequest", `The ${sku} tier does not support: ${wanted.join(", ")}; use Premium.`);
}

/** The answer to what a namespace or a queue cannot be. Source: terraform-provider-azurerm#27285 and #28576. */
function badGateway(message: string): ServiceError {
  return new ServiceError(
    "MessagingGatewayBadRequest",
    `SubCode=40000. ${message} To know more visit https://aka.ms/sbResourceMgrExceptions.`,
  );
}

function namespaceOf({ world, id }: ServiceContext): { name: string; sku: string | undefined } {
  const found = world.get(namespaceType, parentOfId(id));
  return { name: nameOfId(parentOfId(id)), sku: textAt(found?.properties ?? {}, "sku.name") };
}

/** Source: MassTransit/MassTransit#657, poshbotio/PoshBot#93 and the tiers of "Service Bus pricing". */
const notOnBasic = ["RequiresDuplicateDetection", "RequiresSession", "AutoDeleteOnIdle", "ForwardTo"];

function refuseOnBasic(context: ServiceContext, what: "Queue" | "Topic"): void {
  const { name, sku } = namespaceOf(context);
  if (sku !== "Basic") return;
  if (what === "Topic") {
    throw badGateway(`Cannot operate on type Topic because the namespace '${name}' is using 'Basic' tier.`);
  }
  const set = notOnBasic.find((property) => {
    const value = context.inputs[`${property.charAt(0).toLowerCase()}${property.slice(1)}`];
    return value !== undefined && value !== false;
  });
  if (set !== undefined) {
    throw badGateway(
      `The property '${set}' cannot be set when creating a Queue because the namespace '${name}' is using 'Basic' tier.`,
    );
  }
  const life = parseIsoDuration(textAt(context.inputs, "defaultMessageTimeToLive") ?? "P14D") ?? 0;
  // Source: the answer in Azure/azure-service-bus#306.
  if (life > 14 * 86_400) {
    throw badGateway(
      `The property value for 'DefaultMessageTimeToLive' must be between 00:00:01 and 14.00:00:00 when the namespace '${name}' is using 'Basic' tier.`,
    );
  }
}

/** Queues and topics share their names; and only Premium takes larger messages. Source: terraform-provider-azurerm#28576. */
function refuseBadEntity(context: ServiceContext, what: "Queue" | "Topic"): void {
  refuseOnBasic(context, what);
  const { world, id, inputs } = context;
  const name = nameOfId(id);
  const taken = world
    .children(parentOfId(id))
    .some(
      (other) =>
        (other.kind === queueType || other.kind === topicType) &&
        !sameId(other.id, id) &&
        sameId(nameOfId(other.id), name),
    );
  const isTooLarge = inputs.maxMessageSizeInKilobytes !== undefined && namespaceOf(context).sku !== "Premium";
  if (taken || isTooLarge) throw badGateway("Bad Request.");
}

/** Source: the inputs' descriptions in @pulumi/azure-native 3.28, and "Duplicate detection" of the documentation. */
const durations: Readonly<Record<string, { readonly least: string; readonly most: string }>> = {
  lockDuration: { least: "PT5S", most: "PT5M" },
  duplicateDetectionHistoryTimeWindow: { least: "PT20S", most: "P7D" },
  autoDeleteOnIdle: { least: "PT5M", most: "P10675199D" },
  defaultMessageTimeToLive: { least: "PT1S", most: "P10675199DT2H48M5.4775807S" },
};

function durationFailures(inputs: PropertyMap): readonly CheckFailure[] {
  return Object.entries(durations).flatMap(([property, { least, most }]) => {
    const text = textAt(inputs, property);
    const [given, from = 0, to = 0] = [text ?? "", least, most].map(parseIsoDuration);
    if (text === undefined || (given !== undefined && given >= from && given <= to)) return [];
    return [{ property, reason: `'${property}': expected a duration from ${least} to ${most}, got "${text}"` }];
  });
}

const entityName = {
  pattern: /^[A-Za-z0-9]([\w./~-]{0,258}[A-Za-z0-9])?$/,
  expected: "1 to 260 letters, digits, . - _ / ~",
  code: "BadRequest",
};

const queue = armType({
  type: "servicebus:Queue",
  describedBy: ["servicebus", "SBQueue", "queueName"],
  path: `${namespacePath}/queues/{queueName}`,
  parent,
  name: entityName,
  ranges: { maxDeliveryCount: { minimum: 1, maximum: 2000 } },
  check: durationFailures,
  defaults: {
    lockDuration: "PT1M",
    maxDeliveryCount: 10,
    requiresDuplicateDetection: false,
    requiresSession: false,
    enablePartitioning: false,
    deadLetteringOnMessageExpiration: false,
  },
  createOnly: ["requiresDuplicateDetection", "requiresSession", "enablePartitioning"],
  computed: { names: ["status", "messageCount"], values: () => ({ status: "Active", messageCount: 0 }) },
  service: { write: (context) => refuseBadEntity(context, "Queue") },
});

const topic = armType({
  type: "servicebus:Topic",
  path: `${namespacePath}/topics/{topicName}`,
  parent,
  name: entityName,
  check: durationFailures,
  defaults: { requiresDuplicateDetection: false, enablePartitioning: false, supportOrdering: false },
  createOnly: ["requiresDuplicateDetection", "enablePartitioning"],
  computed: { names: ["status", "subscriptionCount"], values: () => ({ status: "Active", subscriptionCount: 0 }) },
  service: { write: (context) => refuseBadEntity(context, "Topic") },
});

export const serviceBusRules = [namespace, queue, topic];
