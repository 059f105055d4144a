import { join } from "node:path";
import type { DatabaseResult, KnownRows } from "../test-report";
import { testDump } from "./dump-test";
import { ScratchServer } from "./scratch-server";

export interface DumpsTest {
  /** PostgreSQL's programs. */
  readonly bin: string;
  /** Holds `<database>.dump` for each. */
  readonly directory: string;
  readonly databases: readonly string[];
  readonly now: Date;
  readonly staleAfterSeconds: number;
  readonly knownRows?: KnownRows | undefined;
}

/**
 * Restores each dump into a scratch server on this machine.
 *
 * @throws {RestoreTestError} when no server starts
 */
export async function testDumps(test: DumpsTest): Promise<readonly DatabaseResult[]> {
  const server = await ScratchServer.start(test.bin);
  try {
    const results: DatabaseResult[] = [];
    for (const database of test.databases) {
      const file = join(test.directory, `${database}.dump`);
      const { now, staleAfterSeconds } = test;
      const name = resultName(database);
      const before = test.knownRows?.[name];
      results.push({ ...(await testDump(server, { database, file, now, staleAfterSeconds, before })), database: name });
    }
    return results;
  } finally {
    await server.stop();
  }
}

/** A SQLite database may have the same name. @example "postgres/hivemind" */
export function resultName(database: string): string {
  return `postgres/${database}`;
}
