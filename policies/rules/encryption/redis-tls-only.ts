import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const redisTlsOnly: PolicyRule = {
  id: "redis-tls-only",
  family: "encryption",
  benchmarkRow: 70,
  controls: ["MCSB v1 DP-3", "CKV_AZURE_91"],
  description: "Redis caches have no port without TLS.",
  remediation: "Set enableNonSslPort to false, or leave it out: off is the service's default.",
  level: "mandatory",
  types: ["azure-native:redis:Redis"],
  evaluate: (cache) => requireValue(read(cache, "enableNonSslPort"), { oneOf: [false], absent: "complies" }),
};
