import { Server, type ServerArgs, VirtualEndpoint } from "@pulumi/azure-native/dbforpostgresql";
import * as pulumi from "@pulumi/pulumi";
import { refuse } from "../../lib/refusal";
import { stateful } from "../adoption/resource-options";
import type { StackContext } from "../context/stack-context";
import { ManagedIdentity } from "../identity/managed-identity";
import type { KeyReference } from "../key-vault/key-vault";
import { partsOfId } from "../naming/azure-id";
import { physicalName } from "../naming/physical-name";
import { sendDiagnostics } from "../observability/diagnostic-settings";
import { PrivateEndpoint } from "../reach/private-endpoint";
import { type Transform, transformed } from "../transform/transform";
import {
  isBurstable,
  keepsUp,
  type PostgresAccess,
  type PostgresServerArgs,
  type ServerSize,
} from "./postgres-server-args";
import { readServer } from "./running-server";
import { encryptionArgs, replicaArgs } from "./server-args";
import { tooSmall } from "./server-problems";

/** A server that is copied: its id, an output of its stack, and its entry in the inventory. */
export interface ReplicaSource
  extends Pick<PostgresServerArgs, "size" | "storageGb" | "autoGrow" | "key" | "maintenance"> {
  /** Replacement, refused: a replica never changes its source. It is in the same subscription. */
  readonly id: pulumi.Input<string>;
}

export interface PostgresReplicaArgs {
  readonly context: StackContext;
  /** Replacement, refused: another group replaces the replica. */
  readonly resourceGroupName: pulumi.Input<string>;
  readonly tenantId: pulumi.Input<string>;
  /** The workspace that receives the logs. */
  readonly workspaceId: pulumi.Input<string>;
  readonly source: ReplicaSource;
  /** At least the source's, and never Burstable; what it becomes when it is promoted. Default: the source's. */
  readonly size?: ServerSize | undefined;
  /** Who reaches it. A network of another region has to be connected with the source's: the two talk to each other on port 5432. */
  readonly access: PostgresAccess;
  /** The key, in a vault of the replica's region. Needed when the source has a key of ours. */
  readonly ownKey?: KeyReference | undefined;
  /** Whether reads go to it by name: makes the pair of names that follow when the two change places. Default: false. */
  readonly reader?: boolean | undefined;
  readonly transform?: { readonly server?: Transform<ServerArgs> | undefined };
}

/**
 * A read replica of a PostgreSQL server, of the same stack or of another, in the same region or in another. It has the databases, the
 * roles and the administrators of its source, no backups and no standby; whoever promotes it gives it these. In the stack of its source
 * it depends on the whole server (`dependsOn`), which takes one operation at a time.
 */
export class PostgresReplica extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly host: pulumi.Output<string>;
  readonly privateNames: readonly pulumi.Output<string>[];
  /** The name of whichever of the two takes writes; undefined unless it is the `reader`. */
  readonly writerHost: pulumi.Output<string> | undefined;
  /** The name of whichever of the two only reads; undefined unless it is the `reader`. */
  readonly readerHost: pulumi.Output<string> | undefined;

  constructor(name: string, args: PostgresReplicaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:postgresql:PostgresReplica", name, {}, opts);
    refuse(`PostgresReplica "${name}"`, replicaProblems(args), args);
    const { context, resourceGroupName, tenantId, workspaceId, source, access, ownKey } = args;
    const serverName = physicalName(context, "postgresServer", name);
    const key = ownKey && keyIdentity(name, ownKey, args, this);
    const server = new Server(
      ...transformed<ServerArgs>(
        args.transform?.server,
        name,
        {
          ...replicaArgs({
            ...{ context, resourceGroupName, tenantId, access, serverName },
            ...{ maintenance: source.maintenance, autoGrow: source.autoGrow, size: args.size ?? source.size },
            source: source.id,
            storageSizeGB: this.#disk(args, serverName),
          }),
          ...(ownKey === undefined || key === undefined ? {} : encryptionArgs(ownKey, key)),
        },
        {
          parent: this,
          ...stateful(context),
          dependsOn: [...(key?.granted ?? [])],
          // What a promotion turns it into is not undone by the next deployment.
          ignoreChanges: ["availabilityZone", "createMode", "replicationRole", "sourceServerResourceId"],
        },
      ),
    );
    this.id = server.id;
    this.host = server.fullyQualifiedDomainName;
    this.privateNames = [this.host];
    const names = args.reader === true ? this.#endpoint(name, args, server) : undefined;
    this.writerHost = names?.apply((endpoint) => `${endpoint}.writer.postgres.database.azure.com`);
    this.readerHost = names?.apply((endpoint) => `${endpoint}.reader.postgres.database.azure.com`);
    sendDiagnostics(name, { context, resourceId: server.id, workspaceId, logs: "allLogs" }, { parent: this });
    if (access.kind === "private-endpoint") {
      new PrivateEndpoint(
        `${name}-postgres`,
        { context, resourceGroupName, network: access.network, service: "postgres", targetId: server.id },
        { parent: this },
      );
    }
    this.registerOutputs({ id: this.id, host: this.host, writerHost: this.writerHost, readerHost: this.readerHost });
  }

  /** Gigabytes: at least its source's, which may have grown, and never less than its own. */
  #disk({ resourceGroupName, source }: PostgresReplicaArgs, serverName: string): pulumi.Output<number> {
    return pulumi.all([resourceGroupName, source.id]).apply(async ([group, id]) => {
      const [, sourceGroup = "", sourceName = ""] = /\/resourceGroups\/([^/]+)\/.*\/([^/]+)$/i.exec(id) ?? [];
      const sizes = await Promise.all(
        [
          { resourceGroupName: group, serverName },
          { resourceGroupName: sourceGroup, serverName: sourceName },
        ].map((server) => readServer(server, this)),
      );
      return Math.max(source.storageGb ?? 32, ...sizes.map((server) => server?.storage?.storageSizeGB ?? 0));
    });
  }

  /** A part of the source, in its group: after a promotion Azure has it below the other one. */
  #endpoint(name: string, { context, source }: PostgresReplicaArgs, server: Server): pulumi.Output<string> {
    const { resourceGroupName, name: serverName } = partsOfId(source.id);
    const endpoint = new VirtualEndpoint(
      name,
      {
        ...{ resourceGroupName, serverName },
        virtualEndpointName: physicalName(context, "virtualEndpoint", name),
        endpointType: "ReadWrite",
        members: [server.name],
      },
      { parent: this, ignoreChanges: ["serverName", "members"] },
    );
    return endpoint.name;
  }
}

/** The identity as which a server uses its key. */
export function keyIdentity(
  name: string,
  key: KeyReference,
  { context, resourceGroupName }: Pick<PostgresReplicaArgs, "context" | "resourceGroupName">,
  parent: pulumi.Resource,
): ManagedIdentity {
  const role = { on: "key", role: "Key Vault Crypto Service Encryption User", scope: key.id } as const;
  return new ManagedIdentity(`${name}-key`, { context, resourceGroupName, roles: [role] }, { parent });
}

function replicaProblems({ source, size = source.size, ownKey, access }: PostgresReplicaArgs): string[] {
  const needsKey = source.key === "own" && ownKey === undefined;
  return [
    ...(access.kind === "addresses"
      ? ["access: replicas are private; put it into a network, or behind a private endpoint"]
      : []),
    ...(isBurstable(source.size)
      ? [`the source's size "${source.size}" is Burstable, which has no replicas; use d2 or larger`]
      : keepsUp(size, source.size)
        ? []
        : [`size: ${tooSmall(size, source.size)}`]),
    ...(needsKey
      ? ["ownKey is missing: the source is encrypted with a key of ours, and a replica needs one of its region"]
      : []),
  ];
}
