import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const redisEnterprisePrivate: PolicyRule = {
  id: "redis-enterprise-private",
  family: "public-access",
  benchmarkRow: 71,
  controls: ["AVM"],
  description: "Redis Enterprise clusters are closed to the internet.",
  remediation: "Set publicNetworkAccess to Disabled and use a private endpoint.",
  level: "mandatory",
  types: ["azure-native:redisenterprise:RedisEnterprise"],
  evaluate: (cluster) =>
    requireValue(read(cluster, "publicNetworkAccess"), { oneOf: ["Disabled"], absent: "violates" }),
};
