import type { JobArgs } from "@pulumi/azure-native/app";
import * as pulumi from "@pulumi/pulumi";
import { refuse } from "../../lib/refusal";
import { ContainerJob } from "../container-apps/container-job";
import type { SecretReference } from "../key-vault/key-vault";
import {
  type BlobContainerReference,
  nodeCommand,
  placementOf,
  type ScriptPlacement,
} from "../scheduled-script/scheduled-script";
import type { Transform } from "../transform/transform";

export interface DnsExportArgs extends ScriptPlacement {
  /** The zones to export: see `DnsZone.exportTarget`. */
  readonly zones: readonly { readonly domain: string; readonly id: pulumi.Input<string> }[];
  /** A token that may read DNS. Scope: Zone: DNS: Read. */
  readonly apiToken: SecretReference;
  /** Where the exports are kept. How long, their container says: 12 months (hosting blueprint, "Backup Strategy"). */
  readonly container: BlobContainerReference;
  /** When, in UTC, five cron fields. @example Sundays at 02:00: "0 2 * * 0" */
  readonly cron: string;
  readonly transform?: { readonly job?: Transform<JobArgs> };
}

const timeoutSeconds = 600;

/**
 * A job that writes every zone as a BIND file to the backup store: `<zone>/<date>.zone`.
 *
 * @example
 * ```ts
 * new DnsExport("dns-export", { ...placement, cron: "0 2 * * 0", zones: zones.map((zone) => zone.exportTarget), apiToken: vault.secret("dns-read-token"), container });
 * ```
 */
export class DnsExport extends pulumi.ComponentResource {
  readonly jobId: pulumi.Output<string>;

  constructor(name: string, args: DnsExportArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:dns-export:DnsExport", name, {}, opts);
    refuseProblems(name, args);

    const zones = [...args.zones].sort((left, right) => (left.domain < right.domain ? -1 : 1));
    const job = new ContainerJob(
      name,
      {
        ...placementOf(args),
        ...nodeCommand("programs/jobs/export-zones.ts"),
        trigger: { by: "schedule", cron: args.cron },
        timeoutSeconds,
        retries: 2,
        env: {
          ZONES: pulumi.jsonStringify(zones.map(({ domain, id }) => ({ domain, id }))),
          CONTAINER_URL: args.container.url,
        },
        secrets: { CLOUDFLARE_API_TOKEN: args.apiToken },
        roles: [{ on: "exports", role: "Storage Blob Data Contributor", scope: args.container.id }],
        ...(args.transform === undefined ? {} : { transform: args.transform }),
      },
      { parent: this },
    );
    this.jobId = job.id;

    this.registerOutputs({ jobId: this.jobId });
  }
}

/** @throws with everything that is wrong with the arguments */
function refuseProblems(name: string, args: DnsExportArgs): void {
  const domains = args.zones.map((zone) => zone.domain);
  const problems: string[] = [];
  if (domains.length === 0) problems.push("zones is empty: there is nothing to export");
  const twice = domains.filter((domain, index) => domains.indexOf(domain) !== index);
  if (twice.length > 0) problems.push(`${twice.join(", ")} is given twice: one export would overwrite the other`);
  refuse(`DnsExport "${name}"`, problems, args);
}
