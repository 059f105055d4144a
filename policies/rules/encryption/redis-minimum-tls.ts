import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const redisMinimumTls: PolicyRule = {
  id: "redis-minimum-tls",
  family: "encryption",
  benchmarkRow: 70,
  controls: ["MCSB v1 DP-3", "CKV_AZURE_148"],
  description: "Redis caches refuse TLS below 1.2.",
  remediation: 'Set minimumTlsVersion to "1.2".',
  level: "mandatory",
  types: ["azure-native:redis:Redis"],
  evaluate: (cache) => requireValue(read(cache, "minimumTlsVersion"), { oneOf: ["1.2"], absent: "violates" }),
};
