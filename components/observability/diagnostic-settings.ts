import { DiagnosticSetting } from "@pulumi/azure-native/monitor";
import type * as pulumi from "@pulumi/pulumi";
import type { StackContext } from "../context/stack-context";
import { physicalName } from "../naming/physical-name";

export interface DiagnosticsArgs {
  readonly context: StackContext;
  /** The Azure id of what is watched. Replacement: another resource replaces the setting. */
  readonly resourceId: pulumi.Input<string>;
  /** The workspace that receives the logs. */
  readonly workspaceId: pulumi.Input<string>;
  /** Which logs: `audit` (who did what) where the service has that group, else `allLogs`. */
  readonly logs: "audit" | "allLogs";
  /** Whether it has metrics to send. Default: true; databases of Managed Redis have none, their cluster has. */
  readonly metrics?: boolean;
}

/** Sends a resource's logs and metrics to a workspace. Retention is the workspace's. */
export function sendDiagnostics(
  name: string,
  args: DiagnosticsArgs,
  opts: pulumi.CustomResourceOptions,
): DiagnosticSetting {
  return new DiagnosticSetting(
    `${name}-logs`,
    {
      name: physicalName(args.context, "diagnosticSetting", name),
      resourceUri: args.resourceId,
      workspaceId: args.workspaceId,
      logs: [{ categoryGroup: args.logs, enabled: true }],
      metrics: args.metrics === false ? [] : [{ category: "AllMetrics", enabled: true }],
    },
    opts,
  );
}
