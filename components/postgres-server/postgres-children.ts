import {
  AdministratorsMicrosoftEntra,
  Configuration,
  Database,
  FirewallRule,
  type Server,
} from "@pulumi/azure-native/dbforpostgresql";
import type * as pulumi from "@pulumi/pulumi";
import { parseAlignedBlock } from "../../lib/ipv4";
import { refusal } from "../../lib/refusal";
import { namedEntry } from "../../lib/retirement";
import { stateful } from "../adoption/resource-options";
import { Sequence } from "../sequence/sequence";
import { PostgresReplica } from "./postgres-replica";
import type { PostgresAdministrator, PostgresServerArgs, ReplicaEntry } from "./postgres-server-args";
import { serverParameters } from "./server-parameters";

/** What {@link makeChildren} made. */
export interface ServerChildren {
  readonly configurations: readonly Configuration[];
  /** The replica that reads go to. */
  readonly reader: PostgresReplica | undefined;
  /** The server and its children: what else makes the server busy must wait for all of them. */
  readonly made: pulumi.Resource[];
}

/** What {@link makeChildren} makes beside what the arguments say. */
export interface FurtherChildren {
  /** The public addresses that are let in. */
  readonly addresses: readonly string[];
  /** An administrator: the identity that gives others their roles. */
  readonly roleGiver: Pick<PostgresAdministrator, "name" | "objectId">;
}

/**
 * Everything that belongs to a server, one after the other: the service takes one operation at a time and refuses the next with
 * `ServerIsBusy`. Sorted by kind and name, so that the order is the same on every run; administrators come before databases, which
 * would belong to Azure alone if there were none (hashicorp/terraform-provider-azurerm#27895).
 */
export function makeChildren(
  name: string,
  args: PostgresServerArgs,
  server: Server,
  { addresses, roleGiver }: FurtherChildren,
  parent: pulumi.Resource,
): ServerChildren {
  const inServer = { resourceGroupName: args.resourceGroupName, serverName: server.name };
  const line = new Line(server, parent);

  const configurations = serverParameters(args).map((parameter) =>
    line.next(
      (opts) =>
        new Configuration(
          `${name}-${parameter.name}`,
          { ...inServer, configurationName: parameter.name, value: parameter.value, source: "user-override" },
          opts,
        ),
    ),
  );
  const administrators = sortedByName(args.administrators).map((administrator) => ({
    ...administrator,
    as: administrator.name,
  }));
  for (const administrator of [...administrators, { ...roleGiver, as: "roles", type: "ServicePrincipal" }]) {
    line.next(
      (opts) =>
        new AdministratorsMicrosoftEntra(
          `${name}-${administrator.as}`,
          {
            ...inServer,
            objectId: administrator.objectId,
            principalName: administrator.name,
            principalType: administrator.type,
            tenantId: args.tenantId,
          },
          opts,
        ),
    );
  }
  for (const { name: databaseName, retired } of sortedByName(args.databases.map(namedEntry))) {
    line.next(
      (opts) =>
        new Database(
          `${name}-${databaseName}`,
          { ...inServer, databaseName, charset: "UTF8", collation: "en_US.utf8" },
          // Children of the server, so that they leave with it. The alias is for states that have them beside it.
          { ...opts, parent: server, aliases: [{ parent }], ...stateful(args.context, retired) },
        ),
    );
  }
  for (const address of addresses) {
    const firewallRuleName = `allow-${address.replace(/[./]/g, "-")}`;
    line.next(
      (opts) =>
        new FirewallRule(`${name}-${firewallRuleName}`, { ...inServer, firewallRuleName, ...bounds(address) }, opts),
    );
  }
  const replicas = new Map(
    sortedByName(args.replicas ?? []).map((replica) => [
      replica.name,
      line.next(makeReplica(name, args, replica, server)),
    ]),
  );
  return { configurations, reader: replicas.get(args.reader ?? ""), made: line.made.before };
}

function makeReplica(name: string, args: PostgresServerArgs, replica: ReplicaEntry, { id }: Server) {
  const { context, resourceGroupName, tenantId, workspaceId, access, ownKey, transform } = args;
  return (opts: pulumi.CustomResourceOptions) =>
    new PostgresReplica(
      `${name}-${replica.name}`,
      {
        ...{ context, resourceGroupName, tenantId, workspaceId, access, ownKey },
        source: { ...args, id },
        size: replica.size,
        reader: replica.name === args.reader,
        transform: { server: transform?.replica },
      },
      opts,
    );
}

/** Makes a child once all before it are there: the server takes one change at a time. */
class Line {
  readonly made: Sequence;
  readonly #parent: pulumi.Resource;

  constructor(first: pulumi.Resource, parent: pulumi.Resource) {
    this.made = new Sequence(first);
    this.#parent = parent;
  }

  next<T extends pulumi.Resource>(make: (opts: pulumi.CustomResourceOptions) => T): T {
    return this.made.add(make({ parent: this.#parent, dependsOn: this.made.before }));
  }
}

function sortedByName<T extends { readonly name: string }>(list: readonly T[]): T[] {
  return [...list].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** @example bounds("203.0.113.0/30") // { startIpAddress: "203.0.113.0", endIpAddress: "203.0.113.3" } */
function bounds(address: string): { startIpAddress: string; endIpAddress: string } {
  const range = parseAlignedBlock(address);
  if (range === undefined) throw refusal(`address "${address}"`, ["it is not an IPv4 address or CIDR block"]);
  return { startIpAddress: dotted(range.first), endIpAddress: dotted(range.last) };
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
