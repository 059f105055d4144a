import { z } from "zod";
import { type AzureCallOptions, AzureCalls } from "../../lib/azure/resource-client";
import { certificateContentType, heldContentType, isPlaceholder } from "../../lib/secret-not-set";
import { runStates } from "../delivery/azure-container-apps";
import type { RunState } from "../delivery/changed-jobs";

/** What a vault says of the newest version of a secret. Times are ISO 8601, UTC. */
export interface SecretState {
  readonly name: string;
  /** False while it holds what the program made it with. */
  readonly isSet: boolean;
  /** Whether it holds a certificate with its key, which a job makes. */
  readonly isCertificate: boolean;
  /** Whether the program puts it there, which a cloud gave it: it is no person's to renew. */
  readonly isHeld: boolean;
  readonly updated: string | undefined;
  readonly expires: string | undefined;
}

/** The newest run of a job, whatever it ran. */
export interface JobRun {
  readonly run: string;
  readonly state: RunState;
  /** ISO 8601, UTC. */
  readonly began: string | undefined;
}

/** What a budget is for this month, and what of it is spent. */
export interface Spend {
  readonly limit: number;
  readonly spent: number;
  /** Undefined while the service forecasts nothing. */
  readonly forecast: number | undefined;
  readonly currency: string;
}

/** What the clouds say, when they are asked, of things that a stack deployed. */
export interface CloudReadings {
  /** The secrets of a vault, without their values: the resource manager lists them, whoever may reach the vault itself. */
  secrets(vaultId: string): Promise<readonly SecretState[]>;
  /** Undefined when the job has never run. */
  lastRun(jobId: string): Promise<JobRun | undefined>;
  /** When the newest backup of a PostgreSQL server was complete; undefined when there is none. */
  newestBackup(serverId: string): Promise<string | undefined>;
  spend(budgetId: string): Promise<Spend>;
}

const secretSchema = z.object({
  name: z.string(),
  properties: z.object({
    contentType: z.string().nullish(),
    attributes: z.object({ exp: z.number().nullish(), updated: z.number().nullish() }).default({}),
  }),
});

const executionSchema = z.object({
  name: z.string(),
  properties: z.object({ status: z.string().optional(), startTime: z.string().default("") }),
});

const backupSchema = z.object({ properties: z.object({ completedTime: z.string().default("") }) });

const amountSchema = z.object({ amount: z.number(), unit: z.string() });
const budgetSchema = z.object({
  properties: z.object({ amount: z.number(), currentSpend: amountSchema, forecastSpend: amountSchema.nullish() }),
});

/** {@link CloudReadings} as `az login` or a workflow's identity may read them: the role Reader is enough. */
export class AzureReadings implements CloudReadings {
  readonly #vaults: AzureCalls;
  readonly #apps: AzureCalls;
  readonly #servers: AzureCalls;
  readonly #budgets: AzureCalls;

  constructor(options: AzureCallOptions = {}) {
    const calls = (version: string) => new AzureCalls(version, options);
    this.#vaults = calls("2023-07-01");
    this.#apps = calls("2025-01-01");
    this.#servers = calls("2025-08-01");
    this.#budgets = calls("2023-05-01");
  }

  /** Source: azure-rest-api-specs, Microsoft.KeyVault 2023-07-01, `Secrets_List`: attributes in seconds since 1970, no value. */
  async secrets(vaultId: string): Promise<readonly SecretState[]> {
    return (await this.#vaults.list(`${vaultId}/secrets`)).map((one) => {
      const { name, properties } = secretSchema.parse(one);
      const { contentType, attributes } = properties;
      return {
        name,
        isSet: !isPlaceholder(contentType, attributes.exp),
        isCertificate: contentType === certificateContentType,
        isHeld: contentType === heldContentType,
        updated: timeOf(attributes.updated),
        expires: timeOf(attributes.exp),
      };
    });
  }

  /** Source: azure-rest-api-specs, Microsoft.App, `JobsExecutions_List`, `JobExecutionRunningState`. */
  async lastRun(jobId: string): Promise<JobRun | undefined> {
    const runs = (await this.#apps.list(`${jobId}/executions`)).map((one) => executionSchema.parse(one));
    const [newest] = runs.sort((one, other) => (one.properties.startTime < other.properties.startTime ? 1 : -1));
    if (newest === undefined) return undefined;
    const { status, startTime } = newest.properties;
    const state = runStates[status ?? ""] ?? "running";
    return { run: newest.name, state, began: startTime === "" ? undefined : startTime };
  }

  /** Source: azure-rest-api-specs, DBforPostgreSQL 2025-08-01, `BackupsAutomaticAndOnDemand_ListByServer`. */
  async newestBackup(serverId: string): Promise<string | undefined> {
    const backups = (await this.#servers.list(`${serverId}/backups`)).map((one) => backupSchema.parse(one));
    return backups
      .map(({ properties }) => properties.completedTime)
      .filter((time) => time !== "")
      .sort()
      .at(-1);
  }

  /** Source: azure-rest-api-specs, Microsoft.Consumption 2023-05-01, `Budgets_Get`. */
  async spend(budgetId: string): Promise<Spend> {
    const { properties } = budgetSchema.parse(await (await this.#budgets.send("GET", budgetId)).json());
    const { amount, currentSpend, forecastSpend } = properties;
    return {
      limit: amount,
      spent: currentSpend.amount,
      forecast: forecastSpend?.amount,
      currency: currentSpend.unit,
    };
  }
}

function timeOf(seconds: number | null | undefined): string | undefined {
  return typeof seconds === "number" ? new Date(seconds * 1000).toISOString() : undefined;
}
