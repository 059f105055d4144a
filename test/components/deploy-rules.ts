import { Alerts } from "../../components/observability/alerts";
import { MetricsWorkspace } from "../../components/observability/metrics-workspace";
import { type Monitoring, ruleGroupsIn } from "../../components/observability/rule-groups";
import type { Surroundings } from "./azure-stack";

/** The rules of a production over what apps measure, and one receiver of each severity. */
export function deployRules(
  { context, resourceGroupName, workspaceId: logs }: Surroundings,
  monitoring: Monitoring,
): void {
  const place = { context, resourceGroupName };
  const metrics = new MetricsWorkspace("metrics", { ...place, everySeconds: 30 });
  const receivers = { critical: "c@example.com", warning: "w@example.com", info: "i@example.com" };
  new Alerts("alerts", {
    ...{ ...place, workspaceId: logs, receivers },
    routes: { critical: ["critical"], warning: ["warning"], info: ["info"] },
    measured: { workspaceId: metrics.id, groups: ruleGroupsIn(monitoring, "prod"), runbooks: "https://docs.example" },
  });
}
