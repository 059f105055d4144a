import { Server, type ServerArgs } from "@pulumi/azure-native/dbforpostgresql";
import * as pulumi from "@pulumi/pulumi";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refusal, refuse } from "../../lib/refusal";
import { type RunningHours, runningHours } from "../../lib/running-hours";
import { stateful } from "../adoption/resource-options";
import { physicalName } from "../naming/physical-name";
import { sendDiagnostics } from "../observability/diagnostic-settings";
import { PrivateEndpoint } from "../reach/private-endpoint";
import { type ReachPlan, reachPlan } from "../reach/reach-plan";
import { transformed } from "../transform/transform";
import {
  type ComparedServers,
  type DatabaseServer,
  databaseAddress,
  makeRoleIdentity,
  type RoleGiver,
  servicePort,
  stayingDatabases,
  usableAfter,
} from "./database-server";
import { keepFormerServer, lostPlaceProblems } from "./former-server";
import { makeChildren } from "./postgres-children";
import { keyIdentity } from "./postgres-replica";
import type { PostgresAccess, PostgresServerArgs } from "./postgres-server-args";
import { restoreServer } from "./restored-server";
import { readServer } from "./running-server";
import { postgresSchema } from "./schema";
import { changeProblems, encryptionArgs, type SettledArgs, serverArgs, settledArgs } from "./server-args";
import { nightProblems, placementProblems } from "./server-problems";

/** Azure chooses the zones, and swaps them when the standby takes over. */
const chosenZones = ["availabilityZone", "highAvailability.standbyAvailabilityZone"];

/**
 * What a server that was restored is made from, which is fixed. Its `createMode` changes to Azure's default, which makes a server that is
 * not there and updates one that is. Source: Azure's API of PostgreSQL, 2025-08-01, `CreateMode` and `sourceServerResourceId`.
 */
const madeFrom = ["sourceServerResourceId", "pointInTimeUTC"];

/**
 * A PostgreSQL flexible server with its databases, parameters and administrators. Users sign in with Entra only; connections are
 * encrypted; what cannot be undone (an upgrade, a move between networks) is refused before the cloud is asked.
 */
export class PostgresServer extends pulumi.ComponentResource implements DatabaseServer {
  readonly id: pulumi.Output<string>;
  /** The host name. */
  readonly host: pulumi.Output<string>;
  readonly serverName: pulumi.Output<string>;
  /** Parameters that wait for a restart. Empty when everything is active. */
  readonly pendingRestart: pulumi.Output<string[]>;
  /** The host name, when only the network resolves it. */
  readonly privateNames: readonly pulumi.Output<string>[];
  readonly databases: readonly string[];
  readonly roleGiver: RoleGiver;
  readonly hours?: RunningHours;
  readonly compared: readonly ComparedServers[];

  readonly #name: string;
  /** The pooler's, where there is one. */
  readonly #port: number;
  /** The host names that writes and reads go to: the server's own, unless there is a replica for reads. */
  readonly #writer: pulumi.Output<string>;
  readonly #reader: pulumi.Output<string>;

  constructor(name: string, args: PostgresServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:postgresql:PostgresServer", name, {}, opts);
    const problems = [
      ...argumentProblems(postgresSchema, args),
      ...placementProblems(args),
      ...nightProblems(args.context.environment, args),
    ];
    refuse(`PostgresServer "${name}"`, problems, args);
    const plan = accessPlan(name, args.access);
    this.#name = name;
    this.databases = stayingDatabases(args);
    if (args.nights === "off") this.hours = runningHours;
    this.#port = servicePort(args);

    const { context, ownKey, server: main = name } = args;
    const key = ownKey && keyIdentity(name, ownKey, args, this);
    const serverName = physicalName(context, "postgresServer", main);
    const wanted = serverArgs(args, serverName, this.#settled(args, serverName));
    const server = new Server(
      ...transformed<ServerArgs>(
        args.transform?.server,
        main,
        { ...wanted, ...(ownKey === undefined || key === undefined ? {} : encryptionArgs(ownKey, key)) },
        {
          ...{ parent: this, ...stateful(context), dependsOn: [...(key?.granted ?? [])] },
          ignoreChanges: [...chosenZones, ...madeFrom],
        },
      ),
    );
    const { identity, administrator } = makeRoleIdentity(name, args, this);
    const further = {
      addresses: plan.addresses,
      roleGiver: { name: administrator, objectId: identity.principalId },
    };
    const { configurations, reader, made } = makeChildren(main, args, server, further, this);
    const former = (args.former ?? []).map((entry) => keepFormerServer(args, entry, wanted, server, further, this));
    const restored = (args.restored ?? []).map((entry) =>
      restoreServer(name, args, entry, wanted, server, further, this),
    );
    const serving = restored.find(({ entry }) => entry.serves === true)?.server ?? server;
    const all = [...made, ...restored.flatMap((one) => one.made)];
    this.id = serving.id;
    this.serverName = serving.name;
    this.host = serving.fullyQualifiedDomainName;
    const others = [...restored, ...former];
    const hosts = [server, ...others.map((one) => one.server)].map((one) => one.fullyQualifiedDomainName);
    this.privateNames = args.access.kind === "addresses" ? [] : hosts;
    this.compared = restored.map((one) => ({
      ...{ name: one.entry.name, source: pulumi.interpolate`${server.fullyQualifiedDomainName}:5432` },
      restored: pulumi.interpolate`${one.server.fullyQualifiedDomainName}:5432`,
    }));
    this.roleGiver = {
      identity: usableAfter(identity, all),
      administrator,
      extensions: [...new Set((args.extensions ?? []).map((extension) => extension.toLowerCase()))].sort(),
      marker: "landscape_services",
      servers: pulumi.interpolate`${this.host}:5432`,
    };
    this.#writer = reader?.writerHost ?? this.host;
    this.#reader = reader?.readerHost ?? this.host;
    this.pendingRestart = pulumi
      .all(
        configurations.map(({ name: parameter, isConfigPendingRestart: pending }) => pulumi.all([parameter, pending])),
      )
      .apply((list) => list.filter(([, pending]) => pending).map(([parameter]) => parameter));
    this.#connect(main, args, server, made);
    for (const one of others) this.#connect(one.name, args, one.server, one.made);
    this.registerOutputs({ id: this.id, host: this.host, pendingRestart: this.pendingRestart });
  }

  roleOf(service: string): string {
    return service;
  }

  databaseUrl(database: string, role: string, use: "write" | "read" = "write"): pulumi.Output<string> {
    if (!this.databases.includes(database)) {
      throw refusal(`PostgresServer "${this.#name}"`, [
        `the database "${database}" is not declared; add it to the server's databases`,
      ]);
    }
    const host = use === "read" ? this.#reader : this.#writer;
    return databaseAddress(host, this.#port, database, role);
  }

  /** What is asked for, once it is sure that the running server can have it. */
  #settled(args: PostgresServerArgs, serverName: string): pulumi.Output<SettledArgs> {
    return pulumi.output(args.resourceGroupName).apply(async (resourceGroupName) => {
      const running = await readServer({ resourceGroupName, serverName }, this);
      const problems =
        running === undefined
          ? await lostPlaceProblems(args, args.server ?? this.#name, resourceGroupName, this)
          : changeProblems(args, running);
      refuse(`PostgresServer "${this.#name}"`, problems, args);
      return settledArgs(args, running);
    });
  }

  /** Logs and, where there is one, the private endpoint: after the children, for they too make the server busy. */
  #connect(name: string, args: PostgresServerArgs, server: Server, made: readonly pulumi.Resource[]): void {
    const { context, resourceGroupName, access, workspaceId } = args;
    const after = { parent: this, dependsOn: [...made] };
    const logs = sendDiagnostics(name, { context, resourceId: server.id, workspaceId, logs: "allLogs" }, after);
    if (access.kind !== "private-endpoint") return;
    new PrivateEndpoint(
      `${name}-postgres`,
      { context, resourceGroupName, network: access.network, service: "postgres", targetId: server.id },
      { parent: this, dependsOn: [...made, logs] },
    );
  }
}

function accessPlan(name: string, access: PostgresAccess): ReachPlan {
  if (access.kind === "network") return { addresses: [], privateEndpoint: false };
  return reachPlan(`PostgresServer "${name}"`, access.reachedBy, { network: access.kind === "private-endpoint" });
}
