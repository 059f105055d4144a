import type { JobArgs } from "@pulumi/azure-native/app";
import * as pulumi from "@pulumi/pulumi";
import { refuse } from "../../lib/refusal";
import { shippedProgram } from "../../programs/bundle";
import { ContainerJob } from "../container-apps/container-job";
import type { EnvironmentReference, RegistryReference } from "../container-apps/container-spec";
import { workloadRoles } from "../container-apps/workload-identity";
import { publicImages } from "../container-registry/public-images";
import type { StackContext } from "../context/stack-context";
import { assignRole } from "../identity/role-assignment";
import type { Transform } from "../transform/transform";
import type { DatabaseServer } from "./database-server";
import { roleGiving } from "./schema";

/** Somebody in Entra who signs in to databases of a server. */
export interface DatabaseRole {
  /** The user name. @example "mc-api" */
  readonly role: string;
  /** The object id in Entra. Another one with the same name is another role: the old one is removed first. */
  readonly objectId: pulumi.Input<string>;
  /** What the id is of: an identity (`service`) or a group, each of whose members signs in by the group's name. */
  readonly type: "service" | "group";
  /** `own` acts as the databases' owner, and may change their tables; `read` reads what there is. */
  readonly access: "own" | "read";
  /** The databases it may connect to. */
  readonly databases: readonly string[];
}

/**
 * A group of people who read all databases. Its members sign in by its name, to the server or to a replica, which has the same roles;
 * that they keep to the replica is asked of them.
 */
export interface DatabaseReader {
  /** @example "latticeforge-debuggers" */
  readonly name: string;
  readonly objectId: string;
}

export interface DatabaseRolesArgs {
  readonly context: StackContext;
  /** Replacement: another group replaces the job. */
  readonly resourceGroupName: pulumi.Input<string>;
  /** Where the job runs: in a network from which the server is reached. */
  readonly environment: EnvironmentReference;
  /** Where the client's image is pulled from. Default: where everybody pulls it from. */
  readonly registry?: RegistryReference | undefined;
  readonly server: Pick<DatabaseServer, "databases" | "roleGiver" | "compared" | "hours">;
  /** Everybody who has a role. Whoever is no longer here loses it. */
  readonly roles: readonly DatabaseRole[];
  /** When it runs beside the deployments that change it, in UTC: whoever was left out by a run that failed gets in. Default: each hour. */
  readonly cron?: string | undefined;
  readonly transform?: { readonly job?: Transform<JobArgs> };
}

/**
 * The roles of a server's databases, kept as they are listed by a job inside the network: Azure's API makes administrators of a server
 * and nobody else. The job runs after a deployment that changed it, and each hour. See docs/decisions/0038.
 */
export class DatabaseRoles extends pulumi.ComponentResource {
  readonly jobId: pulumi.Output<string>;

  constructor(name: string, args: DatabaseRolesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:postgresql:DatabaseRoles", name, {}, opts);
    const { context, resourceGroupName, environment, registry, server } = args;
    const roles = [...args.roles].sort((one, other) => (one.role < other.role ? -1 : 1));
    refuse(`DatabaseRoles "${name}"`, roleProblems(roles, server.databases), args);
    const { identity, administrator, extensions, marker, servers } = server.roleGiver;
    const { hours } = server;
    const { principalId } = identity;
    const pulls = workloadRoles({ registry }).map((grant) =>
      assignRole(name, { context, grant, principalId, principalType: "ServicePrincipal" }, { parent: this }),
    );
    const address = (host: pulumi.Input<string>) => pulumi.interpolate`postgresql://${administrator}@${host}`;
    const runsAs = {
      ...{ context, resourceGroupName, environment, registry, image: publicImages.postgres },
      identity: { ...identity, granted: [...identity.granted, ...pulls] },
      command: ["/bin/sh"],
    };
    const job = new ContainerJob(
      name,
      {
        ...runsAs,
        trigger: { by: "schedule", cron: args.cron ?? roleGiving.schedule },
        runsAfterChange: true,
        timeoutSeconds: 600,
        args: ["-ec", shippedProgram("programs/scripts/grant-database-roles.sh").text],
        env: {
          SERVER: address(servers),
          MARKER: marker,
          DATABASES: server.databases.join(" "),
          EXTENSIONS: extensions.join(" "),
          ROLES: pulumi.jsonStringify(roles),
          HOURS: hours === undefined ? "" : `${hours.start} ${hours.stop} ${hours.days.join("")}`,
        },
        ...(args.transform === undefined ? {} : { transform: args.transform }),
      },
      { parent: this },
    );
    for (const { name: other, source, restored } of server.compared ?? []) {
      new ContainerJob(
        `restored-${other}`,
        {
          ...runsAs,
          ...{ trigger: { by: "hand" }, runsAfterChange: true, timeoutSeconds: 3600, retries: 0 },
          args: ["-ec", shippedProgram("programs/scripts/compare-servers.sh").text],
          env: { SERVER: address(source), RESTORED: address(restored), DATABASES: server.databases.join(" ") },
        },
        { parent: this },
      );
    }
    this.jobId = job.id;
    this.registerOutputs({ jobId: this.jobId });
  }
}

/** Without an underscore, as PostgreSQL's, Azure's and this program's own roles have it; the two words are PostgreSQL's. */
const roleName = /^(?!(?:public|none)$)[a-z][a-z0-9-]{0,62}$/;

function roleProblems(roles: readonly DatabaseRole[], databases: readonly string[]): string[] {
  const names = roles.map(({ role }) => role);
  return roles.flatMap(({ role, databases: asked }, index) => [
    ...(roleName.test(role)
      ? []
      : [`"${role}" is not a role's name; give lower-case letters, digits and dashes, beginning with a letter`]),
    ...(names.indexOf(role) === index ? [] : [`the role "${role}" is given twice; keep one of them`]),
    ...asked
      .filter((database) => !databases.includes(database))
      .map((database) => `the role "${role}" asks for the database "${database}", which the server does not have`),
  ]);
}
