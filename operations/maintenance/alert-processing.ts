import { z } from "zod";
import { type AzureCallOptions, AzureCalls } from "../../lib/azure/resource-client";

/** Where rules are kept that decide which alerts tell somebody. */
export interface AlertProcessing {
  /** The rules in a resource group, as the service lists them. */
  list(groupId: string): Promise<readonly unknown[]>;
  write(id: string, rule: ProcessingRule): Promise<void>;
  /** One that is not there is removed already. */
  remove(id: string): Promise<void>;
}

/** A time in which alerts about something tell nobody. */
export interface SuppressionWindow {
  /** The Azure id of its rule. */
  readonly id: string;
  /** The Azure id of what it is about: an app, or a resource group with everything in it. */
  readonly scope: string;
  /** ISO 8601, in whole seconds: {@link momentOf}. */
  readonly from: string;
  readonly until: string;
  /** Whether critical alerts tell nobody either. */
  readonly critical: boolean;
  /** Who opened it, and why. */
  readonly description: string;
}

/** What an alert processing rule says, as the service takes it. */
export type ProcessingRule = ReturnType<typeof suppression>;

const lessSevere = ["Sev1", "Sev2", "Sev3", "Sev4"];

/**
 * Source: azure-rest-api-specs, Microsoft.AlertsManagement 2021-08-08, `AlertProcessingRules_CreateOrUpdate`; "Alert processing rules": a
 * rule is about alerts whose target lies in its scopes, which of rules over metrics and logs is the workspace.
 */
export function suppression({ scope, from, until, critical, description }: SuppressionWindow) {
  return {
    location: "Global",
    properties: {
      scopes: [scope],
      ...(critical ? {} : { conditions: [{ field: "Severity", operator: "Equals", values: lessSevere }] }),
      actions: [{ actionType: "RemoveAllActionGroups" }],
      schedule: { effectiveFrom: withoutZone(from), effectiveUntil: withoutZone(until), timeZone: "UTC" },
      description,
      enabled: true,
    },
  };
}

/** The service takes times in whole seconds and without a zone. */
function withoutZone(moment: string): string {
  return moment.slice(0, 19);
}

/** @example momentOf(0) // "1970-01-01T00:00:00Z" */
export function momentOf(milliseconds: number): string {
  return `${withoutZone(new Date(milliseconds).toISOString())}Z`;
}

const listedSchema = z.object({
  id: z.string(),
  properties: z.object({
    scopes: z.array(z.string()),
    conditions: z.array(z.object({ field: z.string().optional() })).nullish(),
    actions: z.array(z.object({ actionType: z.string() })),
    schedule: z
      .object({
        effectiveFrom: z.string().nullish(),
        effectiveUntil: z.string().nullish(),
        timeZone: z.string().nullish(),
        recurrences: z.array(z.unknown()).nullish(),
      })
      .nullish(),
    description: z.string().nullish(),
    enabled: z.boolean().nullish(),
  }),
});

/** Who opens a window: the end of its rule's name. */
export type WindowOpener = "maintenance" | "release";

/** @example windowIdOf("/subscriptions/s/resourceGroups/g", "release") // "/subscriptions/s/resourceGroups/g/providers/…/g-release" */
export function windowIdOf(scope: string, opener: WindowOpener): string {
  const [group, name] = [groupOf(scope), scope.split("/").at(-1)];
  return `${group}/providers/Microsoft.AlertsManagement/actionRules/${name}-${opener}`;
}

/** @example groupOf("/subscriptions/s/resourceGroups/g/providers/Microsoft.App/containerApps/api") // "/subscriptions/s/resourceGroups/g" */
export function groupOf(id: string): string {
  return id.split("/").slice(0, 5).join("/");
}

/** Azure writes ids with capitals or without. */
export function sameRule(one: Pick<SuppressionWindow, "id">, id: string): boolean {
  return one.id.toLowerCase() === id.toLowerCase();
}

/** Who opened a window; undefined for a rule that a program or the portal made: its name is not that of a window about its scope. */
export function openerOf({ id, scope }: Pick<SuppressionWindow, "id" | "scope">): WindowOpener | undefined {
  return (["maintenance", "release"] as const).find((opener) => sameRule({ id }, windowIdOf(scope, opener)));
}

/** The window that a listed rule is; undefined for a rule that this program's commands did not make. */
export function windowOf(listed: unknown): SuppressionWindow | undefined {
  const { id, properties } = listedSchema.parse(listed);
  const { scopes, conditions, actions, schedule, description, enabled } = properties;
  const [scope, ...others] = scopes;
  const { effectiveFrom, effectiveUntil, timeZone, recurrences } = schedule ?? {};
  if (scope === undefined || others.length > 0 || !effectiveFrom || !effectiveUntil) return undefined;
  const isOne =
    openerOf({ id, scope }) !== undefined &&
    enabled !== false &&
    actions.some(({ actionType }) => actionType === "RemoveAllActionGroups") &&
    (timeZone ?? "UTC") === "UTC" &&
    (recurrences ?? []).length === 0;
  if (!isOne) return undefined;
  return {
    ...{ id, scope, description: description ?? "" },
    ...{ from: `${withoutZone(effectiveFrom)}Z`, until: `${withoutZone(effectiveUntil)}Z` },
    critical: !(conditions ?? []).some(({ field }) => field === "Severity"),
  };
}

/** Azure's. It takes Monitoring Contributor on the resource group. */
export class AzureAlertProcessing implements AlertProcessing {
  private readonly azure: AzureCalls;

  constructor(options: AzureCallOptions = {}) {
    this.azure = new AzureCalls("2021-08-08", options);
  }

  /** Source: the same, `AlertProcessingRules_ListByResourceGroup`. */
  list(groupId: string): Promise<readonly unknown[]> {
    return this.azure.list(`${groupId}/providers/Microsoft.AlertsManagement/actionRules`);
  }

  async write(id: string, rule: ProcessingRule): Promise<void> {
    await this.azure.change("PUT", id, rule);
  }

  async remove(id: string): Promise<void> {
    await this.azure.change("DELETE", id);
  }
}
