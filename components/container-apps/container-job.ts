import type { JobArgs } from "@pulumi/azure-native/app";
import * as pulumi from "@pulumi/pulumi";
import type { Transform } from "../transform/transform";
import type { ContainerSpec } from "./container-spec";

/** What starts a job. Replacement: another kind of trigger replaces the job. */
export type JobTrigger =
  /** By hand or by another program. */
  | { readonly by: "hand" }
  /** By the clock: a cron expression of exactly five fields, in UTC. @example { by: "schedule", cron: "0 2 * * 0" } */
  | { readonly by: "schedule"; readonly cron: string };

export interface ContainerJobArgs extends ContainerSpec {
  /** What starts it. */
  readonly trigger: JobTrigger;
  /** Seconds after which a run is stopped. Give what the run may take, not what it usually takes. @example 600 */
  readonly timeoutSeconds: number;
  /** How often a failed run is tried again: 0 to 10. Default: 1. */
  readonly retries?: number | undefined;
  readonly transform?: { readonly job?: Transform<JobArgs> };
}

/** A job that runs to its end, at set times or on demand. */
export class ContainerJob extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly principalId: pulumi.Output<string>;
  readonly image: pulumi.Output<string>;

  constructor(name: string, args: ContainerJobArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:containerapps:ContainerJob", name, {}, opts);
    void args;
    this.id = pulumi.output("");
    this.principalId = pulumi.output("");
    this.image = pulumi.output("");
  }
}
