import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const redisPrivate: PolicyRule = {
  id: "redis-private",
  family: "public-access",
  benchmarkRow: 70,
  controls: ["CKV_AZURE_89"],
  description: "Redis caches are closed to the internet.",
  remediation: "Set publicNetworkAccess to Disabled and use a private endpoint.",
  level: "mandatory",
  types: ["azure-native:redis:Redis"],
  evaluate: (cache) => requireValue(read(cache, "publicNetworkAccess"), { oneOf: ["Disabled"], absent: "violates" }),
};
