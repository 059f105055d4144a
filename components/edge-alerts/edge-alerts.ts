import { NotificationPolicy, type NotificationPolicyArgs } from "@pulumi/cloudflare/notificationPolicy";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refuse } from "../../lib/refusal";
import type { StackContext } from "../context/stack-context";
import { type Transform, transformed } from "../transform/transform";
import { type EdgeAlert, edgeAlertSchema } from "./schema";

export interface EdgeAlertsArgs {
  readonly context: StackContext;
  /** The Cloudflare account. Changing it replaces the policies. */
  readonly accountId: pulumi.Input<string>;
  /** The alert table; rows that Cloudflare does not notice make nothing. */
  readonly alerts: readonly EdgeAlert[];
  /**
   * Who gets mail; at least one address. Mail is what every plan sends: webhooks need a Professional plan. A Slack channel's own
   * address brings it there.
   */
  readonly emails: readonly pulumi.Input<string>[];
  readonly transform?: { readonly policy?: Transform<NotificationPolicyArgs> };
}

const alertArguments = z.object({ alerts: z.array(edgeAlertSchema) });

/** The notifications of the alert table that Cloudflare itself sends. */
export class EdgeAlerts extends pulumi.ComponentResource {
  /** The names of the rows that are noticed by Cloudflare. */
  readonly noticed: readonly string[];

  constructor(name: string, args: EdgeAlertsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:edge-alerts:EdgeAlerts", name, {}, opts);
    const silent = args.emails.length === 0 ? ["emails is empty, so nobody would be told"] : [];
    refuse(`EdgeAlerts "${name}"`, [...argumentProblems(alertArguments, args), ...silent], args);

    const { context, accountId } = args;
    this.noticed = args.alerts.flatMap((alert) => {
      if (alert.noticedBy.kind !== "cloudflare") return [];
      const { type, only } = alert.noticedBy;
      const policyArgs: NotificationPolicyArgs = {
        accountId,
        name: `${context.project} ${context.environment}: ${alert.name}`,
        description: `${alert.threshold}. ${alert.steps.join(" → ")}`,
        alertType: type,
        enabled: true,
        mechanisms: { emails: args.emails.map((id) => ({ id })) },
        ...(only === undefined ? {} : { filters: only }),
      };
      new NotificationPolicy(
        ...transformed(args.transform?.policy, `${name}-${alert.name}`, policyArgs, { parent: this }),
      );
      return [alert.name];
    });
    this.registerOutputs({ noticed: this.noticed });
  }
}
