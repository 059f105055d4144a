import { AlertProcessingRuleByName, type AlertProcessingRuleByNameArgs } from "@pulumi/azure-native/alertsmanagement";
import * as inputs from "@pulumi/azure-native/types/input";
import * as pulumi from "@pulumi/pulumi";
import { hoursSchedule, runningHours } from "../../lib/running-hours";
import { ContainerJob } from "../container-apps/container-job";
import { publicImages } from "../container-registry/public-images";
import { physicalName } from "../naming/physical-name";
import { nodeCommand, placementOf, type ScriptPlacement } from "../scheduled-script/scheduled-script";
import { withKnownParts } from "../transform/known-parts";
import type { DatabaseServer } from "./database-server";
import { databaseHours } from "./schema";

/**
 * What misses a stopped database: the server, apps, and what rules over logs (of jobs) and over apps' own metrics look at. Nothing else is kept
 * from people: a vault tells once, at midnight, that something in it ends. Source: Azure Monitor, "Alert processing rules": a filter has up
 * to five values, one of which has to be the target's; all filters have to match.
 */
const missDatabase = [
  "Microsoft.DBforPostgreSQL/flexibleServers",
  "Microsoft.App/containerApps",
  "Microsoft.OperationalInsights/workspaces",
  "Microsoft.Monitor/accounts",
];

export interface DatabaseHoursArgs extends Omit<ScriptPlacement, "image"> {
  /** The server that is stopped and started. */
  readonly server: Pick<DatabaseServer, "id">;
  /** The Azure id of the group whose alerts about what misses the database tell nobody meanwhile. */
  readonly groupId: pulumi.Input<string>;
}

/**
 * Stops a server at night and at weekends, and starts it in the morning, by a job whose identity may do these two things and see whether
 * they are done. Meanwhile alerts about what misses its database fire and tell nobody. See docs/decisions/0068.
 *
 * Azure starts a server that has been stopped for seven days; the job stops it in the evening of that day.
 */
export class DatabaseHours extends pulumi.ComponentResource {
  constructor(name: string, args: DatabaseHoursArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:postgresql:DatabaseHours", name, {}, opts);
    const { context, resourceGroupName, server, groupId } = args;
    const { start, stop, days } = runningHours;
    new ContainerJob(
      databaseHours.name,
      {
        ...placementOf({ ...args, image: publicImages.node }),
        ...nodeCommand("programs/jobs/switch-database.ts"),
        trigger: { by: "schedule", cron: hoursSchedule },
        timeoutSeconds: 1800,
        retries: 3,
        env: {
          SERVER_URL: pulumi.interpolate`https://management.azure.com${server.id}`,
          START_HOUR: String(start),
          STOP_HOUR: String(stop),
          DAYS: JSON.stringify(days),
          WAIT_SECONDS: "15",
        },
        roles: [{ on: "postgres", role: "Landscape Database Hours", scope: server.id }],
      },
      { parent: this },
    );
    const at = (hour: number, minute = "00") => `${String(hour).padStart(2, "0")}:${minute}:00`;
    new AlertProcessingRuleByName(
      ...withKnownParts<AlertProcessingRuleByNameArgs>(
        [
          `${name}-silence`,
          {
            resourceGroupName,
            location: "global",
            alertProcessingRuleName: physicalName(context, "alertRule", name),
            properties: {
              description: "The database is stopped at night and at weekends",
              scopes: [groupId],
              conditions: [
                { field: "TargetResourceType", operator: "Equals", values: missDatabase },
                // That the server was not stopped is told in the evening: what fires while nobody is told is not told later either.
                { field: "AlertRuleName", operator: "DoesNotContain", values: [databaseHours.name] },
              ],
              actions: [{ actionType: "RemoveAllActionGroups" }],
              schedule: {
                timeZone: "UTC",
                recurrences: [
                  // Until apps have had time to come back.
                  { recurrenceType: "Daily", startTime: at(stop), endTime: at(start, "30") },
                  {
                    recurrenceType: "Weekly",
                    daysOfWeek: ["Saturday", "Sunday"],
                    startTime: at(start),
                    endTime: at(stop),
                  },
                ],
              },
            },
          },
          { parent: this },
        ],
        { properties: inputs.alertsmanagement.alertProcessingRulePropertiesArgsProvideDefaults },
      ),
    );
    this.registerOutputs({});
  }
}
