import type { JobArgs } from "@pulumi/azure-native/app";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refuse } from "../../lib/refusal";
import { ContainerJob } from "../container-apps/container-job";
import { workloadRoles } from "../container-apps/workload-identity";
import { ManagedIdentity } from "../identity/managed-identity";
import type { RoleGrant } from "../identity/role-assignment";
import type { SecretReference } from "../key-vault/key-vault";
import { repositoryNameSchema } from "../repository/schema";
import {
  type BlobContainerReference,
  nodeCommand,
  placementOf,
  type ScriptPlacement,
} from "../scheduled-script/scheduled-script";
import type { Transform } from "../transform/transform";

/** Where the script runs. The image needs Node.js 20 or newer and git on its PATH. */
export interface GitMirrorArgs extends ScriptPlacement {
  /** Who owns the repositories. @example "alai-org" */
  readonly owner: string;
  /** The repositories, without their owner. */
  readonly repositories: readonly string[];
  /** A token that may read the repositories' contents. */
  readonly token: SecretReference;
  /** Where the bundles are kept. How long, its container says: 90 days (hosting blueprint, "Backup Strategy"). */
  readonly container: BlobContainerReference;
  /** When, in UTC, five cron fields. @example every day at 03:00: "0 3 * * *" */
  readonly cron: string;
  readonly transform?: { readonly job?: Transform<JobArgs> };
}

const timeoutSeconds = 3600;

const mirrorArguments = z.object({
  repositories: z.array(repositoryNameSchema).min(1, "expected at least one repository"),
});

/**
 * A job that writes every repository, with all its branches and tags, as a git bundle to the backup store: `<repository>/<date>.bundle`.
 * `git clone <bundle>` restores it.
 *
 * @example
 * ```ts
 * new GitMirror("git-mirror", { ...placement, cron: "0 3 * * *", owner: "alai-org", repositories: ["alai-home-web"], token: vault.secret("git-read-token"), container });
 * ```
 */
export class GitMirror extends pulumi.ComponentResource {
  readonly jobId: pulumi.Output<string>;

  constructor(name: string, args: GitMirrorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:git-mirror:GitMirror", name, {}, opts);
    refuse(`GitMirror "${name}"`, argumentProblems(mirrorArguments, args), args);

    const { context, resourceGroupName } = args;
    const identity =
      args.identity ??
      new ManagedIdentity(name, { context, resourceGroupName, roles: mirrorRoles(args) }, { parent: this });
    const job = new ContainerJob(
      name,
      {
        ...placementOf(args),
        ...nodeCommand("programs/jobs/mirror-repositories.ts"),
        trigger: { by: "schedule", cron: args.cron },
        timeoutSeconds,
        retries: 1,
        env: {
          OWNER: args.owner,
          REPOSITORIES: JSON.stringify([...args.repositories].sort()),
          CONTAINER_URL: args.container.url,
        },
        secrets: { GIT_TOKEN: args.token },
        identity,
        ...(args.transform === undefined ? {} : { transform: args.transform }),
      },
      { parent: this },
    );
    this.jobId = job.id;

    this.registerOutputs({ jobId: this.jobId });
  }
}

/** The roles that a mirror's identity needs. For those who give several mirrors one identity. */
export function mirrorRoles({
  token,
  container,
  registry,
}: Pick<GitMirrorArgs, "token" | "container" | "registry">): RoleGrant[] {
  return workloadRoles({
    registry,
    secrets: { GIT_TOKEN: token },
    roles: [{ on: "mirrors", role: "Storage Blob Data Contributor", scope: container.id }],
  });
}
