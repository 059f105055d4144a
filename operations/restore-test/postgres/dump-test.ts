import { existsSync } from "node:fs";
import type { DatabaseResult } from "../test-report";
import { type Finding, rowFindings, span } from "../verdict";
import type { ScratchServer } from "./scratch-server";
import { lastLine, tableRows } from "./table-rows";

export interface DumpTest {
  readonly database: string;
  /** An archive of `pg_dump --format=custom`. */
  readonly file: string;
  readonly now: Date;
  /** An older archive is stale. */
  readonly staleAfterSeconds: number;
  /** Rows by table in the last test that found nothing wrong with it. */
  readonly before?: Readonly<Record<string, number>> | undefined;
}

/** Restores a dump into a database of the scratch server that is new, and judges what came back. */
export async function testDump(server: ScratchServer, test: DumpTest): Promise<DatabaseResult> {
  const { database, file } = test;
  const result = (findings: readonly Finding[]): DatabaseResult => ({ database, tier: "postgres", findings });
  if (!existsSync(file)) return result([{ kind: "missing", message: `there is no ${file}` }]);

  const listed = await server.client("pg_restore", ["--list", file]);
  if (listed.exitCode !== 0) return result([unreadable(listed.stderr)]);
  const createdAt = archiveTime(listed.stdout);
  const ageSeconds = createdAt && Math.round((test.now.getTime() - createdAt.getTime()) / 1000);
  const age = ageFindings(ageSeconds, test.staleAfterSeconds);
  const known = ageSeconds === undefined ? {} : { ageSeconds };

  const started = performance.now();
  const created = await server.client("createdb", ["--template=template0", database]);
  const restored =
    created.exitCode === 0
      ? await server.client("pg_restore", ["--exit-on-error", "--no-owner", "--no-privileges", "-d", database, file])
      : created;
  if (restored.exitCode !== 0) return { ...result([unreadable(restored.stderr), ...age]), ...known };
  const restoreSeconds = (performance.now() - started) / 1000;

  const counted = await tableRows((args) => server.client("psql", args), database);
  if ("problem" in counted) {
    return { ...result([{ kind: "damaged", message: counted.problem }, ...age]), ...known, restoreSeconds };
  }
  const findings = [...age, ...rowFindings(counted.rows, undefined, test.before)];
  return { ...result(findings), ...known, restoreSeconds, rows: counted.rows };
}

function ageFindings(ageSeconds: number | undefined, limit: number): readonly Finding[] {
  if (ageSeconds === undefined) return [{ kind: "stale", message: "the archive does not say when it was made" }];
  if (ageSeconds <= limit) return [];
  return [{ kind: "stale", message: `the dump is ${span(ageSeconds)} old; ${span(limit)} are allowed` }];
}

/** What pg_restore says, and what it means. A missing extension is none of the backup's faults, and still no restore. */
function unreadable(stderr: string): Finding {
  const message = lastLine(stderr);
  if (/end of file|unexpected EOF|too short/i.test(stderr)) return { kind: "truncated", message };
  const corrupt = /uncompress|unrecognized|does not appear|invalid|corrupt|magic string|incorrect/i.test(stderr);
  return { kind: corrupt ? "corrupt" : "unrestorable", message };
}

/** From the archive's own words, in UTC. */
function archiveTime(list: string): Date | undefined {
  const text = /^;\s+Archive created at (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)/m.exec(list);
  return text === null ? undefined : new Date(`${text[1]}T${text[2]}Z`);
}
