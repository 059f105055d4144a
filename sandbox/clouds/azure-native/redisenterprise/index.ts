import { ServiceError } from "../../../engine/provider";
import { textAt } from "../../property-path";
import { armType } from "../arm-type";

const clusterPath = "Microsoft.Cache/redisEnterprise/{clusterName}";

const cluster = armType({
  type: "redisenterprise:RedisEnterprise",
  path: clusterPath,
  name: {
    pattern: /^(?!.*--)[A-Za-z0-9]([A-Za-z0-9-]{0,58}[A-Za-z0-9])?$/,
    expected: "1 to 60 letters, digits and single dashes, a letter or digit at both ends",
    code: "InvalidResourceName",
    uniqueInWorld: (name) => new ServiceError("NameNotAvailable", 409, `The cluster name '${name}' is already in use.`),
  },
  located: true,
  required: ["sku", "sku.name", "publicNetworkAccess"],
  allowed: {
    highAvailability: ["Enabled", "Disabled"],
    minimumTlsVersion: ["1.0", "1.1", "1.2"],
    publicNetworkAccess: ["Enabled", "Disabled"],
  },
  defaults: { highAvailability: "Enabled", minimumTlsVersion: "1.2" },
  createOnly: ["highAvailability", "zones"],
  computed: {
    names: ["hostName", "provisioningState", "resourceState", "redisVersion", "redundancyMode"],
    stable: ["hostName"],
    values: ({ inputs }) => ({
      hostName: `${textAt(inputs, "clusterName")}.${textAt(inputs, "location")}.redis.azure.net`,
      provisioningState: "Succeeded",
      resourceState: "Running",
      redisVersion: "7.4",
      redundancyMode: textAt(inputs, "highAvailability") === "Enabled" ? "ZR" : "None",
    }),
  },
});

const database = armType({
  type: "redisenterprise:Database",
  path: `${clusterPath}/databases/{databaseName}`,
  parent: { type: "redisenterprise:RedisEnterprise", path: clusterPath },
  name: { pattern: /^default$/, expected: '"default"', code: "InvalidResourceName" },
  allowed: { clientProtocol: ["Encrypted", "Plaintext"], accessKeysAuthentication: ["Enabled", "Disabled"] },
  ranges: { port: { minimum: 10000, maximum: 65535 } },
  defaults: {
    clientProtocol: "Encrypted",
    port: 10000,
    accessKeysAuthentication: "Disabled",
    evictionPolicy: "VolatileLRU",
  },
  createOnly: ["port", "clusteringPolicy", "modules", "geoReplication.groupNickname"],
  computed: {
    names: ["provisioningState", "resourceState"],
    values: () => ({ provisioningState: "Succeeded", resourceState: "Running" }),
  },
});

export const redisEnterpriseRules = [cluster, database];
