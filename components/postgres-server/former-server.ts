import { Server, type ServerArgs } from "@pulumi/azure-native/dbforpostgresql";
import type * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../../lib/located-yaml/problem";
import { namedEntry } from "../../lib/retirement";
import { stateful } from "../adoption/resource-options";
import { physicalName } from "../naming/physical-name";
import { type FurtherChildren, makeChildren } from "./postgres-children";
import type { FormerServer, PostgresServerArgs } from "./postgres-server-args";
import type { OtherServer } from "./restored-server";
import { readServer } from "./running-server";

/**
 * What is wrong with an environment's server that is not there, beside former ones that are: it would be made empty and serve, and the
 * data would leave with them. Of an inventory that is deployed from nothing none is there, and theirs come after it.
 *
 * @param server the one that is not there: its name in the program
 */
export async function lostPlaceProblems(
  { context, former = [] }: PostgresServerArgs,
  server: string,
  resourceGroupName: string,
  parent: pulumi.Resource,
): Promise<readonly Problem[]> {
  const there = await Promise.all(
    former.map(async ({ name }) => {
      const serverName = physicalName(context, "postgresServer", name);
      const found = await readServer({ resourceGroupName, serverName }, parent);
      return found === undefined ? [] : [name];
    }),
  );
  const names = there.flat().join(", ");
  const message = `${server} is not there, and would be made empty in the place of ${names}; restore it first, or name the one that was restored`;
  return names === "" ? [] : [{ path: ["server"], message }];
}

/**
 * Keeps a server whose place another one has taken, as it is, until it leaves. See docs/decisions/0073.
 *
 * @param wanted the environment's server, as its arguments
 * @param successor the environment's server
 */
export function keepFormerServer(
  args: PostgresServerArgs,
  { name, retired }: FormerServer,
  wanted: ServerArgs,
  successor: Server,
  further: FurtherChildren,
  parent: pulumi.Resource,
): OtherServer {
  const { context } = args;
  const server = new Server(
    name,
    { ...wanted, serverName: physicalName(context, "postgresServer", name) },
    { parent, dependsOn: [successor], ...stateful(context, retired), ignoreChanges: ["*"] },
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
