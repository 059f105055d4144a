import { AdministratorsMicrosoftEntra } from "@pulumi/azure-native/dbforpostgresql";
import * as pulumi from "@pulumi/pulumi";
import { refusal } from "../../lib/refusal";
import { partsOfId } from "../naming/azure-id";
import { physicalName } from "../naming/physical-name";
import {
  type DatabaseServer,
  databaseAddress,
  makeRoleIdentity,
  type RoleGiver,
  servicePort,
  stayingDatabases,
  usableAfter,
} from "./database-server";
import { PostgresReplica, type PostgresReplicaArgs, type ReplicaSource } from "./postgres-replica";
import type { PostgresServerArgs } from "./postgres-server-args";
import { readServer } from "./running-server";

export interface StandbyServerArgs extends Omit<PostgresReplicaArgs, "reader" | "source"> {
  readonly source: ReplicaSource & Pick<PostgresServerArgs, "databases" | "pooler">;
  /** The host name of the primary. */
  readonly primaryHost: pulumi.Input<string>;
  /** What has to be there before the two servers can talk to each other: of {@link Network.peer}. */
  readonly connected: readonly pulumi.Resource[];
}

/**
 * The server of an environment that stands by for another: a replica of that one's server, for the day on which its region is lost.
 *
 * Both servers share a pair of names, which follow when they change places, so what runs here writes to whichever takes writes. What
 * runs here has roles of its own, `<environment>-<service>`, which a job here makes there: nobody has to know of the standby at the
 * primary.
 */
export class StandbyServer extends pulumi.ComponentResource implements DatabaseServer {
  readonly id: pulumi.Output<string>;
  /** The name of whichever of the two takes writes. */
  readonly host: pulumi.Output<string>;
  readonly privateNames: readonly pulumi.Output<string>[];
  readonly databases: readonly string[];
  readonly roleGiver: RoleGiver;
  /** Whether it was promoted, and its region has taken over: it is read, and belongs to takeovers. */
  readonly isPrimary: pulumi.Output<boolean>;

  readonly #environment: string;
  readonly #port: number;
  readonly #reader: pulumi.Output<string>;

  constructor(name: string, args: StandbyServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:postgresql:StandbyServer", name, {}, opts);
    const { connected, primaryHost, ...replicaArgs } = args;
    const { context, resourceGroupName, tenantId, source } = replicaArgs;
    this.#environment = context.environment;
    this.#port = servicePort(source);
    this.databases = stayingDatabases(source);
    const { identity, administrator } = makeRoleIdentity(name, { context, resourceGroupName }, this);
    const server = partsOfId(source.id);
    const granted = new AdministratorsMicrosoftEntra(
      `${name}-roles`,
      {
        resourceGroupName: server.resourceGroupName,
        serverName: server.name,
        objectId: identity.principalId,
        principalName: administrator,
        principalType: "ServicePrincipal",
        tenantId,
      },
      // A replica has the administrators of its source; the source takes one change at a time.
      { parent: this },
    );
    const replica = new PostgresReplica(
      name,
      { ...replicaArgs, reader: true },
      { parent: this, dependsOn: [granted, ...connected] },
    );
    this.id = replica.id;
    this.isPrimary = pulumi.output(resourceGroupName).apply(async (group) => {
      const itself = { resourceGroupName: group, serverName: physicalName(context, "postgresServer", name) };
      return (await readServer(itself, this))?.replicationRole === "Primary";
    });
    this.host = replica.writerHost ?? replica.host;
    this.#reader = replica.readerHost ?? replica.host;
    this.privateNames = replica.privateNames;
    this.roleGiver = {
      identity: usableAfter(identity, [replica]),
      administrator,
      // Those of the primary are in the replica.
      extensions: [],
      marker: `landscape_services_${context.environment}`,
      servers: pulumi.interpolate`${primaryHost}:5432,${replica.host}:5432`,
    };
    this.registerOutputs({ id: this.id, host: this.host });
  }

  roleOf(service: string): string {
    return `${this.#environment}-${service}`;
  }

  databaseUrl(database: string, role: string, use: "write" | "read" = "write"): pulumi.Output<string> {
    if (!this.databases.includes(database))
      throw refusal(`StandbyServer of "${this.#environment}"`, [
        `its primary does not have the database "${database}"`,
      ]);
    const host = use === "read" ? this.#reader : this.host;
    return databaseAddress(host, this.#port, database, role);
  }
}
