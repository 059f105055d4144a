import { type AzureCallOptions, AzureCalls } from "../../lib/azure/resource-client";

/** What an alert processing rule says, as the service takes it. */
type ProcessingRule = ReturnType<typeof suppression>;

/** Where rules are kept that decide which alerts tell somebody. */
export interface AlertProcessing {
  write(id: string, rule: ProcessingRule): Promise<void>;
  remove(id: string): Promise<void>;
}

/** Somebody who works on an app. */
interface Worker {
  /** The service's name, for messages. */
  readonly service: string;
  readonly appId: string;
  readonly by: string;
  /** How long a revision may take to come up. */
  readonly readyMinutes: number;
}

/** What windows work with. */
interface WindowTools {
  readonly alerts: AlertProcessing;
  readonly clock: { now(): number };
  readonly say: (line: string) => void;
}

/**
 * Works on an app while its warnings tell nobody. Critical alerts of it are told, and all alerts of everything else, objectives among them.
 * The window is closed at the end, also of work that fails; of who was killed it ends by itself. Work goes on where none can be opened.
 *
 * @param minutes how long it takes beside waiting for revisions
 */
export async function inMaintenance<Result>(
  worker: Worker,
  minutes: number,
  { alerts, clock, say }: WindowTools,
  work: () => Promise<Result>,
): Promise<Result> {
  const [group = "", name = ""] = worker.appId.split("/providers/Microsoft.App/containerApps/");
  const id = `${group}/providers/Microsoft.AlertsManagement/actionRules/${name}-release`;
  const attempt = async (change: Promise<void>, consequence: string): Promise<boolean> => {
    try {
      await change;
      return true;
    } catch (error) {
      say(`${worker.service}: ${consequence}: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  };
  // It waits for a revision three times at most: forward, back, and for one that an up made meanwhile.
  const end = clock.now() + (minutes + 3 * worker.readyMinutes + 5) * 60_000;
  const isOpen = await attempt(
    alerts.write(id, suppression(worker, clock.now(), end)),
    "no maintenance window, so its warnings are told",
  );
  try {
    return await work();
  } finally {
    if (isOpen) await attempt(alerts.remove(id), "the maintenance window stays open until it ends by itself");
  }
}

/**
 * Source: azure-rest-api-specs, Microsoft.AlertsManagement 2021-08-08, `AlertProcessingRules_CreateOrUpdate`; "Alert processing rules": a
 * rule is about alerts whose target lies in its scopes, which of rules over metrics and logs is the workspace.
 */
function suppression({ appId, service, by }: Worker, begin: number, end: number) {
  return {
    location: "Global",
    properties: {
      scopes: [appId],
      conditions: [{ field: "Severity", operator: "Equals", values: ["Sev1", "Sev2", "Sev3", "Sev4"] }],
      actions: [{ actionType: "RemoveAllActionGroups" }],
      schedule: { effectiveFrom: localTime(begin), effectiveUntil: localTime(end), timeZone: "UTC" },
      description: `${by} releases ${service}`,
      enabled: true,
    },
  };
}

/** The service takes times without a zone. */
function localTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19);
}

/** Azure's. It takes Monitoring Contributor on the resource group. */
export class AzureAlertProcessing implements AlertProcessing {
  private readonly azure: AzureCalls;

  constructor(options: AzureCallOptions = {}) {
    this.azure = new AzureCalls("2021-08-08", options);
  }

  async write(id: string, rule: ProcessingRule): Promise<void> {
    await this.azure.change("PUT", id, rule);
  }

  async remove(id: string): Promise<void> {
    await this.azure.change("DELETE", id);
  }
}
