import {
  AzureMonitorWorkspace,
  type AzureMonitorWorkspaceArgs,
  DataCollectionEndpoint,
  type DataCollectionEndpointArgs,
  DataCollectionRule,
  type DataCollectionRuleArgs,
} from "@pulumi/azure-native/monitor";
import * as pulumi from "@pulumi/pulumi";
import type { Sidecar } from "../container-apps/container-spec";
import type { MetricsPage } from "../container-apps/scale-schema";
import { publicImages } from "../container-registry/public-images";
import type { StackContext } from "../context/stack-context";
import type { RoleGrant } from "../identity/role-assignment";
import { physicalName } from "../naming/physical-name";
import { type Transform, transformed } from "../transform/transform";

export interface MetricsWorkspaceArgs {
  readonly context: StackContext;
  /** Replacement: another group replaces the workspace, and its metrics are lost. */
  readonly resourceGroupName: pulumi.Input<string>;
  /** Seconds between two readings of an app's metrics. */
  readonly everySeconds: number;
  readonly transform?: {
    readonly workspace?: Transform<AzureMonitorWorkspaceArgs>;
    readonly endpoint?: Transform<DataCollectionEndpointArgs>;
    readonly rule?: Transform<DataCollectionRuleArgs>;
  };
}

/** What Azure calls metrics of Prometheus where they arrive. */
const stream = "Microsoft-PrometheusMetrics";

/**
 * The workspace that keeps what apps measure of themselves, for 18 months, and answers questions in PromQL.
 *
 * Each replica has a collector beside it, because Container Apps gives replicas no addresses: an ingress answers with any one of them, and
 * an app without ingress not at all (microsoft/azure-container-apps#1408). It signs in as its app.
 */
export class MetricsWorkspace extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  /** Where it answers the API of Prometheus, for who is Monitoring Data Reader. @example "https://x.swedencentral.prometheus.monitor.azure.com" */
  readonly queryEndpoint: pulumi.Output<string>;
  /** What an identity needs to send metrics. */
  readonly send: RoleGrant;
  private readonly writeUrl: pulumi.Output<string>;
  private readonly everySeconds: number;

  constructor(name: string, args: MetricsWorkspaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:observability:MetricsWorkspace", name, {}, opts);
    const { context, resourceGroupName, transform } = args;
    const { location } = context;
    const parent = { parent: this };
    const workspace = new AzureMonitorWorkspace(
      ...transformed<AzureMonitorWorkspaceArgs>(
        transform?.workspace,
        name,
        {
          ...{ resourceGroupName, location },
          azureMonitorWorkspaceName: physicalName(context, "metricsWorkspace", name),
          // Whoever asks signs in at Entra, as with the logs.
          publicNetworkAccess: "Enabled",
        },
        parent,
      ),
    );
    const endpoint = new DataCollectionEndpoint(
      ...transformed<DataCollectionEndpointArgs>(
        transform?.endpoint,
        name,
        {
          ...{ resourceGroupName, location, kind: "Linux" },
          dataCollectionEndpointName: physicalName(context, "dataCollection", name),
          networkAcls: { publicNetworkAccess: "Enabled" },
        },
        parent,
      ),
    );
    const rule = new DataCollectionRule(
      ...transformed<DataCollectionRuleArgs>(
        transform?.rule,
        name,
        {
          ...{ resourceGroupName, location, kind: "Linux" },
          dataCollectionRuleName: physicalName(context, "dataCollection", name),
          dataCollectionEndpointId: endpoint.id,
          dataSources: { prometheusForwarder: [{ name: "apps", streams: [stream] }] },
          destinations: { monitoringAccounts: [{ name: "workspace", accountResourceId: workspace.id }] },
          dataFlows: [{ streams: [stream], destinations: ["workspace"] }],
        },
        parent,
      ),
    );
    this.id = workspace.id;
    this.queryEndpoint = workspace.metrics.apply(({ prometheusQueryEndpoint }) => prometheusQueryEndpoint);
    this.send = { on: "metrics", role: "Monitoring Metrics Publisher", scope: rule.id };
    // Source: Azure documentation, "Send Prometheus metrics from virtual machines … to an Azure Monitor workspace".
    const address = endpoint.metricsIngestion.apply((ingestion) => ingestion?.endpoint ?? "");
    this.writeUrl = pulumi.interpolate`${address}/dataCollectionRules/${rule.immutableId}/streams/${stream}/api/v1/write?api-version=2023-04-24`;
    this.everySeconds = args.everySeconds;
    this.registerOutputs({ id: this.id, queryEndpoint: this.queryEndpoint });
  }

  /** The collector beside each replica of an app. */
  collector(service: string, page: MetricsPage): Sidecar {
    const settings = (url: string, scrapes: boolean) =>
      collectorSettings(url, scrapes ? { service, page } : undefined, this.everySeconds);
    return {
      name: "collector",
      image: publicImages.collector,
      cpu: 0.25,
      args: ["--config=env:COLLECTOR_SETTINGS"],
      // A placeholder measures nothing: what is not asked is not missed.
      env: (placeholder) => ({ COLLECTOR_SETTINGS: this.writeUrl.apply((url) => settings(url, !placeholder)) }),
    };
  }
}

/**
 * The settings of the OpenTelemetry collector. `azure_auth` asks for tokens as the identity that Container Apps gives the replica.
 * Sources: opentelemetry-collector-contrib, `azureauthextension` and issue 41003 (the scope), `prometheusreceiver`,
 * `prometheusremotewriteexporter`.
 *
 * @param scraped whose metrics are read. Default: nobody's
 */
function collectorSettings(
  writeUrl: string,
  scraped: { readonly service: string; readonly page: MetricsPage } | undefined,
  everySeconds: number,
): string {
  const receiver = scraped === undefined ? "nop" : "prometheus";
  return JSON.stringify({
    extensions: {
      azure_auth: {
        managed_identity: { client_id: variable("AZURE_CLIENT_ID") },
        scopes: ["https://monitor.azure.com/.default"],
      },
    },
    receivers: {
      [receiver]: scraped === undefined ? {} : { config: { scrape_configs: [scrape(scraped, everySeconds)] } },
    },
    processors: { memory_limiter: { check_interval: "1s", limit_mib: 400, spike_limit_mib: 100 }, batch: {} },
    exporters: { prometheusremotewrite: { endpoint: writeUrl, auth: { authenticator: "azure_auth" } } },
    service: {
      extensions: ["azure_auth"],
      pipelines: {
        metrics: {
          receivers: [receiver],
          processors: ["memory_limiter", "batch"],
          exporters: ["prometheusremotewrite"],
        },
      },
      // It measures itself on a port that an app may have.
      telemetry: { metrics: { level: "none" }, logs: { level: "warn" } },
    },
  });
}

/** How the collector's settings name a variable of its container. */
function variable(name: string): string {
  return `\${env:${name}}`;
}

/** Each replica's series are told apart by the names that Container Apps gives every container. */
function scrape({ service, page }: { readonly service: string; readonly page: MetricsPage }, everySeconds: number) {
  return {
    job_name: service,
    scrape_interval: `${everySeconds}s`,
    metrics_path: page.path ?? "/metrics",
    static_configs: [
      {
        targets: [`localhost:${page.port}`],
        labels: {
          service,
          revision: variable("CONTAINER_APP_REVISION"),
          replica: variable("CONTAINER_APP_REPLICA_NAME"),
        },
      },
    ],
  };
}
