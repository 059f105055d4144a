import { ServiceError } from "../../../engine/provider";
import { mapAt, textAt, textsAt } from "../../read-property";
import type { ServiceContext } from "../../type-rule";
import { sameId } from "../arm-id";
import { armType } from "../arm-type";
import { findResource, resourceNotFound } from "../existing-resources";

/** Source: Azure documentation, "Naming rules and restrictions for Azure resources", Microsoft.EventGrid. */
const name = (longest: number) => ({
  pattern: new RegExp(`^[a-zA-Z0-9-]{3,${longest}}$`),
  expected: `3 to ${longest} letters, digits and dashes`,
  code: "InvalidResourceName",
});

export const systemTopicType = "azure-native:eventgrid:SystemTopic";

const systemTopic = armType({
  type: "eventgrid:SystemTopic",
  path: "Microsoft.EventGrid/systemTopics/{systemTopicName}",
  name: name(50),
  located: "region-or-global",
  required: ["source", "topicType"],
  createOnly: ["source", "topicType"],
  computed: { names: ["provisioningState"], values: () => ({ provisioningState: "Succeeded" }) },
  service: {
    write: ({ world, id, inputs }) => {
      const source = textAt(inputs, "source") ?? "";
      if (findResource(world, source) === undefined) throw resourceNotFound(source);
      const others = world.list(systemTopicType).filter((topic) => !sameId(topic.id, id));
      // Source: Azure documentation, "System topics in Azure Event Grid": one for each source.
      if (others.some((topic) => sameId(textAt(topic.properties, "source"), source)))
        throw badRequest("Only one system topic is allowed per source.");
    },
  },
});

const subscription = armType({
  type: "eventgrid:SystemTopicEventSubscription",
  path: "Microsoft.EventGrid/systemTopics/{systemTopicName}/eventSubscriptions/{eventSubscriptionName}",
  name: name(64),
  parent: { type: "eventgrid:SystemTopic", path: "Microsoft.EventGrid/systemTopics/{systemTopicName}" },
  allowed: {
    eventDeliverySchema: ["EventGridSchema", "CustomInputSchema", "CloudEventSchemaV1_0"],
    "destination.severity": ["Sev0", "Sev1", "Sev2", "Sev3", "Sev4"],
  },
  defaults: { eventDeliverySchema: "EventGridSchema" },
  computed: { names: ["provisioningState", "topic"], values: () => ({ provisioningState: "Succeeded", topic: "" }) },
  service: { write: refuseSubscription },
});

/** Sources: azure-rest-api-specs, Microsoft.EventGrid 2025-02-15; azure-sdk-for-net, which sends alerts in the schema of CloudEvents. */
function refuseSubscription({ world, inputs }: ServiceContext): void {
  const destination = mapAt(inputs, "destination");
  if (textAt(destination, "endpointType") !== "MonitorAlert") return;
  if (textAt(destination, "severity") === undefined)
    throw badRequest("The severity of a MonitorAlert must be provided.");
  if (textAt(inputs, "eventDeliverySchema") !== "CloudEventSchemaV1_0")
    throw badRequest("Azure Monitor alerts take events in the schema CloudEventSchemaV1_0 only.");
  for (const group of textsAt(destination, "actionGroups"))
    if (findResource(world, group) === undefined) throw resourceNotFound(group);
}

function badRequest(message: string): ServiceError {
  return new ServiceError("InvalidRequest", message);
}

export const eventGridRules = [systemTopic, subscription];
