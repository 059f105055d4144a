import type { GetServerResult } from "@pulumi/azure-native/dbforpostgresql";
import type { PostgresServerArgs } from "./postgres-server-args";

/** What a running server has that cannot be changed at will. */
export type RunningServer = Pick<GetServerResult, "version" | "network" | "storage">;

/**
 * Compares what is asked for with what runs.
 *
 * @param running undefined when there is no server yet
 * @returns what would lose data or cannot be undone; empty when nothing would
 */
export function changeProblems(
  args: Pick<PostgresServerArgs, "version" | "allowMajorUpgrade" | "access">,
  running: RunningServer | undefined,
): string[] {
  return running === undefined ? [] : [...versionProblems(args, running), ...networkProblems(args, running)];
}

function versionProblems(
  { version, allowMajorUpgrade }: Pick<PostgresServerArgs, "version" | "allowMajorUpgrade">,
  running: RunningServer,
): string[] {
  if (running.version === undefined || running.version === version) return [];
  if (Number(version) < Number(running.version)) {
    return [
      `version is "${version}", but the server runs ${running.version}, and a version never goes down; say "${running.version}"`,
    ];
  }
  if (allowMajorUpgrade === true) return [];
  return [
    `version is "${version}", but the server runs ${running.version}; an upgrade stops the server and cannot be undone: take a backup, then set allowMajorUpgrade: true`,
  ];
}

function networkProblems({ access }: Pick<PostgresServerArgs, "access">, running: RunningServer): string[] {
  const inNetwork = (running.network?.delegatedSubnetResourceId ?? "") !== "";
  if (inNetwork === (access.kind === "network")) return [];
  const is = inNetwork ? "lives in a network" : "does not live in a network";
  return [
    `access.kind is "${access.kind}", but the server ${is}, which is fixed at creation; make a second server and move the data`,
  ];
}
