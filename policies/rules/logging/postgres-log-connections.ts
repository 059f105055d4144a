import type { PolicyRule } from "../../rule";
import { checkParameter } from "../shared/postgres-parameter";
import type { Reading } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const postgresLogConnections: PolicyRule = {
  id: "postgres-log-connections",
  family: "logging",
  benchmarkRow: 40,
  controls: ["CIS Azure 3.0 5.2.6", "CIS Azure 3.0 5.2.7"],
  description: "PostgreSQL servers log who connects and disconnects.",
  remediation: "Set the server parameters log_connections and log_disconnections to on.",
  level: "mandatory",
  types: ["azure-native:dbforpostgresql:Configuration"],
  evaluate: (parameter) => {
    const isOn = (value: Reading) => requireValue(value, { oneOf: ["on"], absent: "violates" });
    return checkParameter(parameter, { log_connections: isOn, log_disconnections: isOn });
  },
};
