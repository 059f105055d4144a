import { Workspace, type WorkspaceArgs } from "@pulumi/azure-native/operationalinsights";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refuse } from "../../lib/refusal";
import type { StackContext } from "../context/stack-context";
import { physicalName } from "../naming/physical-name";
import { type Transform, transformed } from "../transform/transform";
import { logRetentionSchema } from "./schema";

export interface LogAnalyticsArgs {
  readonly context: StackContext;
  /** Replacement: another group replaces the workspace; its logs stay recoverable for 14 days. */
  readonly resourceGroupName: pulumi.Input<string>;
  /** Days that logs are kept: 30 to 730. Default: 365 in lasting environments, 30 in previews. The first 30 are free. */
  readonly retentionInDays?: number | undefined;
  /** Gigabytes a day after which nothing more is taken in; -1 for no limit. Default: -1. */
  readonly dailyQuotaGb?: number | undefined;
  readonly transform?: { readonly workspace?: Transform<WorkspaceArgs> };
}

const logArguments = z.object({ retentionInDays: logRetentionSchema });

/** The workspace that collects the logs of one environment. */
export class LogAnalytics extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;

  constructor(name: string, args: LogAnalyticsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:observability:LogAnalytics", name, {}, opts);
    const { context, resourceGroupName, dailyQuotaGb } = args;
    const retentionInDays = args.retentionInDays ?? (context.lasting ? 365 : 30);
    refuse(`LogAnalytics "${name}"`, argumentProblems(logArguments, { retentionInDays }), args);
    const workspace = new Workspace(
      ...transformed<WorkspaceArgs>(
        args.transform?.workspace,
        name,
        {
          resourceGroupName,
          location: context.location,
          workspaceName: physicalName(context, "logAnalyticsWorkspace", name),
          sku: { name: "PerGB2018" },
          retentionInDays,
          workspaceCapping: { dailyQuotaGb: dailyQuotaGb ?? -1 },
          // Readers of one resource see its logs without access to the whole workspace.
          features: { enableLogAccessUsingOnlyResourcePermissions: true, disableLocalAuth: true },
        },
        { parent: this },
      ),
    );
    this.id = workspace.id;
    this.name = workspace.name;
    this.registerOutputs({ id: this.id, name: this.name });
  }
}
