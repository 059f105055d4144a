import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const redisNoAccessKeys: PolicyRule = {
  id: "redis-no-access-keys",
  family: "public-access",
  benchmarkRow: 70,
  // The benchmark's row asks for it; no published control does.
  controls: ["Own"],
  description: "Redis caches know their callers by identity; access keys open nothing.",
  remediation: "Set disableAccessKeyAuthentication to true and give each caller an access policy.",
  level: "mandatory",
  types: ["azure-native:redis:Redis"],
  evaluate: (cache) =>
    requireValue(read(cache, "disableAccessKeyAuthentication"), { oneOf: [true], absent: "violates" }),
};
