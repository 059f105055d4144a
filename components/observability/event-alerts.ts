import {
  SystemTopic,
  SystemTopicEventSubscription,
  type SystemTopicEventSubscriptionArgs,
} from "@pulumi/azure-native/eventgrid";
import type * as pulumi from "@pulumi/pulumi";
import { physicalName } from "../naming/physical-name";
import { transformed } from "../transform/transform";
import type { AlertRule, AlertsArgs } from "./alerts";
import { azureSeverity } from "./signals";

/** What events belong to: the alerts of an environment. */
interface Subscriber extends Pick<AlertsArgs, "context" | "resourceGroupName" | "transform"> {
  /** The topics that are made, by the name of what tells: Azure takes one for each. */
  readonly topics: Map<string, SystemTopic>;
  /** Who is told. */
  readonly groupId: pulumi.Output<string>;
  readonly parent: pulumi.Resource;
}

type EventRule = Extract<AlertRule["measure"], { kind: "event" }>;

/** Has the events of a rule tell an action group. */
export function subscribeToEvents(
  name: string,
  rule: Pick<AlertRule, "name" | "severity" | "says" | "runbook">,
  { source, resourceId, types }: EventRule,
  { context, resourceGroupName, topics, groupId, transform, parent }: Subscriber,
): void {
  const topic =
    topics.get(source) ??
    new SystemTopic(
      `${name}-${source}`,
      {
        ...{ resourceGroupName, location: context.location, source: resourceId },
        systemTopicName: physicalName(context, "systemTopic", source),
        topicType: "Microsoft.KeyVault.vaults",
      },
      { parent },
    );
  topics.set(source, topic);
  new SystemTopicEventSubscription(
    ...transformed<SystemTopicEventSubscriptionArgs>(
      transform?.subscription,
      `${name}-${rule.name}`,
      {
        ...{ resourceGroupName, systemTopicName: topic.name },
        eventSubscriptionName: physicalName(context, "eventSubscription", rule.name),
        // What alerts take. Source: Azure/azure-sdk-for-net, `Azure.ResourceManager.EventGrid`, its tests of MonitorAlert.
        eventDeliverySchema: "CloudEventSchemaV1_0",
        filter: { includedEventTypes: [...types] },
        destination: {
          endpointType: "MonitorAlert",
          severity: `Sev${azureSeverity[rule.severity]}`,
          description: `${rule.says}. Runbook: ${rule.runbook}`,
          actionGroups: [groupId],
        },
      },
      { parent },
    ),
  );
}
