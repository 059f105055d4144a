import { Secret } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import { numberAt, textAt } from "../../read-property";
import { RepeatableRandom } from "../../repeatable-random";
import { armType } from "../arm-type";

const redis = armType({
  type: "redis:Redis",
  path: "Microsoft.Cache/redis/{name}",
  name: {
    pattern: /^(?!.*--)[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]$|^[A-Za-z0-9]$/,
    expected: "1 to 63 letters, digits and single dashes, a letter or digit at both ends",
    code: "NameNotAvailable",
    uniqueInWorld: (name) =>
      new ServiceError(
        "NameNotAvailable",
        `An error occurred when trying to reserve the DNS name '${name}' for the cache.`,
        409,
      ),
  },
  located: true,
  required: ["sku", "sku.name", "sku.family", "sku.capacity"],
  allowed: {
    "sku.name": ["Basic", "Standard", "Premium"],
    "sku.family": ["C", "P"],
    minimumTlsVersion: ["1.0", "1.1", "1.2"],
    publicNetworkAccess: ["Enabled", "Disabled"],
  },
  ranges: { "sku.capacity": { minimum: 0, maximum: 6 } },
  defaults: {
    enableNonSslPort: false,
    minimumTlsVersion: "1.2",
    publicNetworkAccess: "Enabled",
    disableAccessKeyAuthentication: false,
    redisVersion: "6",
  },
  createOnly: ["subnetId", "staticIP", "zones"],
  computed: {
    names: ["hostName", "port", "sslPort", "provisioningState", "accessKeys"],
    stable: ["hostName", "port", "sslPort"],
    values: ({ id, inputs }) => {
      const random = new RepeatableRandom(`redis keys ${id.toLowerCase()}`);
      return {
        hostName: `${textAt(inputs, "name")}.redis.cache.windows.net`,
        port: 6379,
        sslPort: 6380,
        provisioningState: "Succeeded",
        accessKeys: new Secret({ primaryKey: random.hex(43), secondaryKey: random.hex(43) }),
      };
    },
  },
  service: {
    write: ({ inputs }) => {
      const isPremium = textAt(inputs, "sku.name") === "Premium";
      if (isPremium !== (textAt(inputs, "sku.family") === "P")) {
        throw new ServiceError("InvalidRequestBody", "The sku family is P for Premium and C for Basic and Standard.");
      }
      const capacity = numberAt(inputs, "sku.capacity") ?? 0;
      if (!isPremium || (capacity >= 1 && capacity <= 5)) return;
      throw new ServiceError("InvalidRequestBody", `The sku capacity of a Premium cache is 1 to 5, got ${capacity}.`);
    },
    update: ({ inputs, existing }) => {
      const tiers = ["Basic", "Standard", "Premium"];
      const [before, after] = [existing.properties, inputs].map((map) => tiers.indexOf(textAt(map, "sku.name") ?? ""));
      if (before === undefined || after === undefined || after >= before) return;
      throw new ServiceError(
        "InvalidRequestBody",
        `A cache cannot be scaled down from ${tiers[before]} to ${tiers[after]} (capacity ${numberAt(inputs, "sku.capacity")}).`,
      );
    },
  },
});

export const redisRules = [redis];
