import type { PropertyMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import { textAt } from "../../read-property";
import { armType } from "../arm-type";

const namespacePath = "Microsoft.ServiceBus/namespaces/{namespaceName}";
const parent = { type: "servicebus:Namespace", path: namespacePath };

const namespace = armType({
  type: "servicebus:Namespace",
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

const queue = armType({
  type: "servicebus:Queue",
  path: `${namespacePath}/queues/{queueName}`,
  parent,
  name: {
    pattern: /^[A-Za-z0-9]([\w./~-]{0,258}[A-Za-z0-9])?$/,
    expected: "1 to 260 letters, digits, . - _ / ~",
    code: "BadRequest",
  },
  ranges: { maxDeliveryCount: { minimum: 1, maximum: 2000 } },
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
});

export const serviceBusRules = [namespace, queue];
