import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const redisEnterpriseMinimumTls: PolicyRule = {
  id: "redis-enterprise-minimum-tls",
  family: "encryption",
  benchmarkRow: 71,
  controls: ["Own"],
  description: "Redis Enterprise clusters refuse TLS below 1.2.",
  remediation: 'Set minimumTlsVersion to "1.2".',
  level: "mandatory",
  types: ["azure-native:redisenterprise:RedisEnterprise"],
  evaluate: (cluster) =>
    requireValue(read(cluster, "minimumTlsVersion"), { oneOf: ["1.2", "1.3"], absent: "violates" }),
};
