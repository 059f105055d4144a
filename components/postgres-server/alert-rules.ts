import type { Input } from "@pulumi/pulumi";
import type { MetricRule } from "../observability/alerts";

/**
 * What is watched of a PostgreSQL server. A full disk makes it read-only; without credits a Burstable one crawls.
 *
 * @param runbooks where the pages are that the alerts name
 * @param standsBy whether it is the copy that takes over: then it must not lag behind. Half of the five minutes that LatticeForge's plan
 *   lets a takeover lose is the alarm
 */
export function postgresAlerts(resourceId: Input<string>, runbooks: string, standsBy = false): readonly MetricRule[] {
  const server = {
    resourceId,
    metricNamespace: "Microsoft.DBforPostgreSQL/flexibleServers",
    windowMinutes: 15,
  } as const;
  return [
    {
      ...server,
      name: "postgres-storage",
      metricName: "storage_percent",
      aggregation: "Average",
      operator: "GreaterThan",
      threshold: 85,
      severity: 1,
      runbook: `${runbooks}/postgres-storage`,
    },
    {
      ...server,
      name: "postgres-cpu",
      metricName: "cpu_percent",
      aggregation: "Average",
      operator: "GreaterThan",
      threshold: 90,
      severity: 2,
      runbook: `${runbooks}/postgres-cpu`,
    },
    {
      ...server,
      name: "postgres-down",
      metricName: "is_db_alive",
      aggregation: "Maximum",
      operator: "LessThan",
      threshold: 1,
      severity: 0,
      windowMinutes: 5,
      runbook: `${runbooks}/postgres-down`,
    },
    ...(standsBy
      ? [
          {
            ...server,
            name: "postgres-lag",
            metricName: "physical_replication_delay_in_seconds",
            aggregation: "Maximum",
            operator: "GreaterThan",
            threshold: 150,
            severity: 1,
            windowMinutes: 5,
            runbook: `${runbooks}/postgres-lag`,
          } as const,
        ]
      : []),
  ];
}
