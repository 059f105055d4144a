import { z } from "zod";
import { type AzureCallOptions, AzureCalls } from "../lib/azure/resource-client";
import { currentType } from "../lib/type-token";
import { readDeployedResources } from "./drift/deployment-state";

/** What became of a message to one receiver. */
export interface TestMessage {
  /** Its name, as `routes` has it. @example "pagerduty" */
  readonly receiver: string;
  readonly arrived: boolean;
  /** In the service's words. @example "Succeeded" */
  readonly said: string;
}

/** What tests of alerts work with. */
export interface AlertTester {
  /**
   * Sends a test message to every receiver of an action group, as an alert would.
   *
   * @throws when the group is switched off, or is not there
   */
  send(groupId: string): Promise<readonly TestMessage[]>;
}

/** The action groups that a stack deployed, by severity. */
export function actionGroups(state: unknown): ReadonlyMap<string, string> {
  const groups = readDeployedResources(state).filter(
    ({ type }) => currentType(type) === "azure-native:monitor:ActionGroup",
  );
  return new Map(groups.map(({ urn, id }) => [urn.split("-").at(-1) ?? "", id]));
}

const groupSchema = z.object({
  properties: z.object({
    enabled: z.boolean(),
    emailReceivers: z.array(z.object({ name: z.string(), emailAddress: z.string() })).default([]),
  }),
});
const resultSchema = z.object({
  actionDetails: z.array(z.object({ Name: z.string(), Status: z.string(), Detail: z.string().nullish() })).default([]),
});

/** {@link AlertTester} at Azure. It takes the role Monitoring Contributor on the group. */
export class AzureAlertTester implements AlertTester {
  readonly #calls: AzureCalls;

  constructor(options: AzureCallOptions = {}) {
    this.#calls = new AzureCalls("2023-01-01", options);
  }

  /** Source: azure-rest-api-specs, Microsoft.Insights 2023-01-01, `ActionGroups_CreateNotificationsAtActionGroupResourceLevel`. */
  async send(groupId: string): Promise<readonly TestMessage[]> {
    const { properties } = groupSchema.parse(await (await this.#calls.send("GET", groupId)).json());
    if (!properties.enabled) throw new Error(`the action group ${groupId.split("/").at(-1)} is switched off`);
    const emailReceivers = properties.emailReceivers.map((receiver) => ({ ...receiver, useCommonAlertSchema: true }));
    const body = { alertType: "metricstaticthreshold", emailReceivers };
    const answer = await this.#calls.change("POST", `${groupId}/createNotifications`, body);
    const { actionDetails } = resultSchema.parse(await answer.json());
    return emailReceivers.map(({ name }) => {
      const found = actionDetails.find((one) => one.Name === name);
      const said = [found?.Status ?? "Azure says nothing of it", found?.Detail ?? ""].filter((part) => part !== "");
      return { receiver: name, arrived: found?.Status === "Succeeded", said: said.join(": ") };
    });
  }
}
