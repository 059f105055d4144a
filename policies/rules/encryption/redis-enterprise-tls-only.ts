import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const redisEnterpriseTlsOnly: PolicyRule = {
  id: "redis-enterprise-tls-only",
  family: "encryption",
  benchmarkRow: 71,
  controls: ["Own"],
  description: "Redis Enterprise databases talk over TLS only.",
  remediation: "Set clientProtocol to Encrypted.",
  level: "mandatory",
  types: ["azure-native:redisenterprise:Database"],
  evaluate: (database) => requireValue(read(database, "clientProtocol"), { oneOf: ["Encrypted"], absent: "violates" }),
};
