import * as pulumi from "@pulumi/pulumi";
import { namedEntry } from "../../lib/retirement";
import type { RunningHours } from "../../lib/running-hours";
import { type IdentityReference, ManagedIdentity, type ManagedIdentityArgs } from "../identity/managed-identity";
import { physicalName } from "../naming/physical-name";
import type { PostgresServerArgs } from "./postgres-server-args";

/** Who gives others their roles in a server's databases. */
export interface RoleGiver {
  /** An administrator of the server once everything of the server is made. */
  readonly identity: IdentityReference;
  /** Its user name in the server. */
  readonly administrator: string;
  /** What it makes in each database, because only administrators may. */
  readonly extensions: readonly string[];
  /** The role in the server that marks the roles it made: it takes away no other. */
  readonly marker: string;
  /** Where it works, as host and port, with commas between: whichever takes writes. */
  readonly servers: pulumi.Output<string>;
}

/** A restored server and the one that it was made from, each as host and port. */
export interface ComparedServers {
  /** The restored one's in the inventory. */
  readonly name: string;
  readonly source: pulumi.Output<string>;
  readonly restored: pulumi.Output<string>;
}

/** A server as services see it: a `PostgresServer`, or the one that stands by for it. */
export interface DatabaseServer {
  readonly id: pulumi.Output<string>;
  /** The host name that writes go to. */
  readonly host: pulumi.Output<string>;
  /** Host names that only the network resolves. */
  readonly privateNames: readonly pulumi.Output<string>[];
  /** The databases that stay. */
  readonly databases: readonly string[];
  /** Who gives others their roles in the databases: `DatabaseRoles` runs as it. */
  readonly roleGiver: RoleGiver;
  /** When it runs, where it is stopped otherwise: who finds it stopped then has not failed. Default: it always runs. */
  readonly hours?: RunningHours;
  /** What the giver of roles compares. Default: there are no restored servers. */
  readonly compared?: readonly ComparedServers[];
  /** The user name of a service. @example "mc-api" */
  roleOf(service: string): string;
  /**
   * The address of one database for somebody who has a role in it, without a password: Entra identities sign in with a token.
   *
   * @param role the user name: `DatabaseRole.role`
   * @param use where reads go to a replica, `read` leads there, and both names follow when the two change places
   * @throws when the database is not one of those that stay
   * @example server.databaseUrl("hivemind", "hivemind-api") // "postgresql://hivemind-api@<host>:5432/hivemind?sslmode=require"
   */
  databaseUrl(database: string, role: string, use?: "write" | "read"): pulumi.Output<string>;
}

/** The databases that stay. */
export function stayingDatabases({ databases }: Pick<PostgresServerArgs, "databases">): readonly string[] {
  return databases.map(namedEntry).flatMap(({ name, retired }) => (retired === undefined ? [name] : []));
}

/** The port that services use: the pooler's, where there is one. */
export function servicePort({ pooler }: Pick<PostgresServerArgs, "pooler">): number {
  return pooler === undefined ? 5432 : 6432;
}

/** The address of a database, for a role that signs in with a token. */
export function databaseAddress(
  host: pulumi.Input<string>,
  port: number,
  database: string,
  role: string,
): pulumi.Output<string> {
  return pulumi.interpolate`postgresql://${role}@${host}:${port}/${database}?sslmode=require`;
}

/**
 * The identity that gives roles in a server's databases, and what Entra calls it.
 *
 * @param name the server's logical name
 */
export function makeRoleIdentity(
  name: string,
  { context, resourceGroupName }: Pick<ManagedIdentityArgs, "context" | "resourceGroupName">,
  parent: pulumi.Resource,
): { readonly identity: ManagedIdentity; readonly administrator: string } {
  const roles = `${name}-roles`;
  const identity = new ManagedIdentity(roles, { context, resourceGroupName }, { parent });
  // Entra calls an identity as its resource is called.
  return { identity, administrator: physicalName(context, "managedIdentity", roles) };
}

/** An identity as which nothing runs before something else is there. */
export function usableAfter(
  { id, principalId, clientId }: ManagedIdentity,
  granted: readonly pulumi.Resource[],
): IdentityReference {
  return { id, principalId, clientId, granted };
}
