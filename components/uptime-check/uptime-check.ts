import type { JobArgs } from "@pulumi/azure-native/app";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { type RefusalReason, refuse } from "../../lib/refusal";
import { ContainerJob } from "../container-apps/container-job";
import { slackChannelSchema } from "../heartbeat/schema";
import type { RoleGrant } from "../identity/role-assignment";
import type { SecretReference } from "../key-vault/key-vault";
import {
  type BlobContainerReference,
  nodeCommand,
  placementOf,
  type ScriptPlacement,
} from "../scheduled-script/scheduled-script";
import type { Transform } from "../transform/transform";

export interface UptimeCheckArgs extends ScriptPlacement {
  /** What is visited: see `monitoredUrls` of the sites. */
  readonly urls: readonly string[];
  /** Where it remembers of which addresses people know that they do not answer: each is told once. */
  readonly container: BlobContainerReference;
  /** The incoming webhook of the Slack channel. */
  readonly slackWebhook: SecretReference;
  /** Default: `#infra-alerts`. */
  readonly channel?: string;
  /** When, in UTC, five cron fields. @example every five minutes: "*\/5 * * * *" */
  readonly cron: string;
  /** Answers that count as healthy. Default: 200, 301 and 302. */
  readonly healthy?: readonly number[];
  readonly transform?: { readonly job?: Transform<JobArgs> };
}

/** Seconds a run may take: every address is visited at once, and three times at most. */
const timeoutSeconds = 120;

/**
 * A job that visits every address of the inventory, and tells Slack once which ones do not answer as they should, and once which do again.
 *
 * @example
 * ```ts
 * new UptimeCheck("uptime-check", { ...placement, cron: "0 * * * *", urls: monitoredUrls(sites), slackWebhook: vault.secret("slack-infra-alerts"), container });
 * ```
 */
export class UptimeCheck extends pulumi.ComponentResource {
  readonly urls: readonly string[];
  readonly jobId: pulumi.Output<string>;

  constructor(name: string, args: UptimeCheckArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:uptime-check:UptimeCheck", name, {}, opts);
    refuseProblems(name, args);

    this.urls = [...new Set(args.urls)].sort();
    const job = new ContainerJob(
      name,
      {
        ...placementOf(args),
        ...nodeCommand("programs/jobs/visit-sites.ts"),
        trigger: { by: "schedule", cron: args.cron },
        timeoutSeconds,
        retries: 0,
        env: {
          URLS: JSON.stringify(this.urls),
          CHANNEL: args.channel ?? "#infra-alerts",
          RETRY_SECONDS: "5",
          CONTAINER_URL: args.container.url,
          MEMORY: `${name}.json`,
          HEALTHY: (args.healthy ?? [200, 301, 302]).join(","),
        },
        secrets: { SLACK_WEBHOOK: args.slackWebhook },
        ...(args.identity === undefined ? { roles: memoryRoles(args.container) } : {}),
        ...(args.transform === undefined ? {} : { transform: args.transform }),
      },
      { parent: this },
    );
    this.jobId = job.id;

    this.registerOutputs({ urls: this.urls, jobId: this.jobId });
  }
}

/** The roles by which a check remembers. For those who give several checks one identity. */
export function memoryRoles({ id }: BlobContainerReference): RoleGrant[] {
  return [{ on: "uptime", role: "Storage Blob Data Contributor", scope: id }];
}

const checkArguments = z.object({ channel: slackChannelSchema.optional() });

/** @throws with everything that is wrong with the arguments */
function refuseProblems(name: string, args: UptimeCheckArgs): void {
  const problems: RefusalReason[] = [...argumentProblems(checkArguments, args)];
  if (args.urls.length === 0) problems.push("urls is empty: a check of nothing is always healthy");
  const plain = args.urls.filter((url) => !/^https:\/\/[^\s/]+/.test(url));
  problems.push(...plain.map((url) => `url "${url}": expected an https address`));
  if (args.healthy?.length === 0) problems.push("healthy is empty: no answer would ever be healthy");
  refuse(`UptimeCheck "${name}"`, problems, args);
}
