import * as pulumi from "@pulumi/pulumi";
import type { PostgresServerArgs } from "./postgres-server-args";

/** A PostgreSQL flexible server with its databases, parameters and administrators. Users sign in with Entra only. */
export class PostgresServer extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  /** The host name. */
  readonly host: pulumi.Output<string>;
  readonly serverName: pulumi.Output<string>;
  /** Parameters that wait for a restart. Empty when everything is active. */
  readonly pendingRestart: pulumi.Output<string[]>;
  /** The host name, when only the network resolves it. */
  readonly privateNames: readonly pulumi.Output<string>[];

  constructor(name: string, args: PostgresServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:postgresql:PostgresServer", name, {}, opts);
    void args;
    this.id = pulumi.output("");
    this.host = pulumi.output("");
    this.serverName = pulumi.output("");
    this.pendingRestart = pulumi.output([]);
    this.privateNames = [];
  }

  /** The address of one database, without a password: `postgresql://<host>:5432/<database>?sslmode=require`. */
  databaseUrl(database: string): pulumi.Output<string> {
    return pulumi.interpolate`postgresql://${this.host}:5432/${database}?sslmode=require`;
  }
}
