import { Server, type ServerArgs } from "@pulumi/azure-native/dbforpostgresql";
import * as pulumi from "@pulumi/pulumi";
import { refuse } from "../../lib/refusal";
import { namedEntry } from "../../lib/retirement";
import { stateful } from "../adoption/resource-options";
import { physicalName } from "../naming/physical-name";
import { type FurtherChildren, makeChildren } from "./postgres-children";
import type { PostgresServerArgs, RestoredEntry } from "./postgres-server-args";
import { readServer } from "./running-server";

/** A server beside the one that is the environment's. */
export interface OtherServer {
  /** @example "postgres-before-migration" */
  readonly name: string;
  readonly server: Server;
  /** Everything of it: what runs there comes after. */
  readonly made: pulumi.Resource[];
}

/**
 * Makes a server with what another one held at a moment. Its databases come with the backup, and with them the roles; parameters,
 * administrators and addresses are made again, and databases that are newer than the backup. See docs/decisions/0053.
 *
 * @param wanted the server as it would be made without a backup
 * @param source the one that the backup is of
 */
export function restoreServer(
  name: string,
  args: PostgresServerArgs,
  restored: RestoredEntry,
  wanted: ServerArgs,
  source: Server,
  further: FurtherChildren,
  parent: pulumi.Resource,
): OtherServer & { readonly entry: RestoredEntry } {
  const { context, resourceGroupName } = args;
  const own = `${name}-${restored.name}`;
  const serverName = physicalName(context, "postgresServer", own);
  const settled = pulumi.output(resourceGroupName).apply(async (group) => {
    const read = (server: string) => readServer({ resourceGroupName: group, serverName: server }, parent);
    // Once it is there, the days that its source can be taken back count no more.
    const running = await read(serverName);
    if (running !== undefined)
      return { to: restored.to, disk: Math.max(args.storageGb ?? 0, running.storage?.storageSizeGB ?? 0) };
    const from = await read(physicalName(context, "postgresServer", args.server ?? name));
    const problem = momentProblem(restored.to, from && { earliest: from.backup?.earliestRestoreDate }, new Date());
    const path = ["restored", (args.restored ?? []).indexOf(restored), "to"];
    refuse(`PostgresServer "${name}"`, problem === undefined ? [] : [{ path, message: problem }], args);
    return { to: restored.to };
  });
  const server = new Server(
    own,
    {
      ...wanted,
      serverName,
      // It begins with a disk as large as the other's. From then on both grow, each by itself.
      storage: pulumi
        .all([wanted.storage, settled.disk])
        .apply(([storage, disk]) => ({ ...storage, ...(disk === undefined ? {} : { storageSizeGB: disk }) })),
      createMode: "PointInTimeRestore",
      sourceServerResourceId: source.id,
      pointInTimeUTC: settled.to,
    },
    {
      ...{ parent, ...stateful(context, restored.retired) },
      ignoreChanges: ["availabilityZone", "createMode", "sourceServerResourceId"],
    },
  );
  const databases = args.databases
    .map(namedEntry)
    .filter(({ name: database }) => restored.holds?.includes(database) === false)
    .map((database) => (restored.retired === undefined ? database : { ...database, retired: restored.retired }));
  const { made } = makeChildren(own, { ...args, databases }, server, further, parent);
  return { name: own, entry: restored, server, made };
}

/** Why there is no such moment to go back to; undefined when there is. */
function momentProblem(
  to: string,
  source: { readonly earliest: string | undefined } | undefined,
  now: Date,
): string | undefined {
  if (source === undefined) return "there is no server yet whose backup could be restored; deploy it first";
  if (Date.parse(to) > now.getTime()) return `${to} is not over yet`;
  if (source.earliest === undefined || Date.parse(to) >= Date.parse(source.earliest)) return undefined;
  return `Azure can take the server back to ${source.earliest} at the earliest; of before there are dumps, where the environment has some`;
}
