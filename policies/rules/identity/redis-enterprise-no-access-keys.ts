import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const redisEnterpriseNoAccessKeys: PolicyRule = {
  id: "redis-enterprise-no-access-keys",
  family: "identity",
  benchmarkRow: 71,
  controls: ["Own"],
  description: "Redis Enterprise databases know their callers by identity; access keys open nothing.",
  remediation: "Set accessKeysAuthentication to Disabled and give each caller an access policy.",
  level: "mandatory",
  types: ["azure-native:redisenterprise:Database"],
  evaluate: (database) =>
    requireValue(read(database, "accessKeysAuthentication"), { oneOf: ["Disabled"], absent: "violates" }),
};
