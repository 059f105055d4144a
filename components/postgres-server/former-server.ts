import { Server, type ServerArgs } from "@pulumi/azure-native/dbforpostgresql";
import type * as pulumi from "@pulumi/pulumi";
import { namedEntry } from "../../lib/retirement";
import { stateful } from "../adoption/resource-options";
import { physicalName } from "../naming/physical-name";
import { type FurtherChildren, makeChildren } from "./postgres-children";
import type { FormerServer, PostgresServerArgs } from "./postgres-server-args";
import type { OtherServer } from "./restored-server";

/**
 * Keeps a server whose place another one has taken, as it is, until it leaves. See docs/decisions/0073.
 *
 * @param wanted the environment's server
 */
export function keepFormerServer(
  args: PostgresServerArgs,
  { name, retired }: FormerServer,
  wanted: ServerArgs,
  further: FurtherChildren,
  parent: pulumi.Resource,
): OtherServer {
  const { context } = args;
  const server = new Server(
    name,
    { ...wanted, serverName: physicalName(context, "postgresServer", name) },
    { parent, ...stateful(context, retired), ignoreChanges: ["*"] },
  );
  const databases = args.databases.map((database) => ({ ...namedEntry(database), retired }));
  const { made } = makeChildren(
    name,
    { ...args, databases, replicas: undefined, reader: undefined },
    server,
    further,
    parent,
  );
  return { name, server, made };
}
