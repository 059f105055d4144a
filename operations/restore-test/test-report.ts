import type { RestoreFinding } from "./verdict";

/** What a restore test found out about one database. */
export interface DatabaseResult {
  readonly database: string;
  /** `P0-critical`, …, or `postgres`. */
  readonly tier: string;
  readonly findings: readonly RestoreFinding[];
  /** The newest transaction in the store. */
  readonly transaction?: string;
  readonly ageSeconds?: number;
  readonly restoreSeconds?: number;
  readonly rows?: Readonly<Record<string, number>>;
}

/** A restore test of a stack: the document that `--json` prints and `report.json` keeps. */
export interface TestReport {
  readonly version: 1;
  readonly stack: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** What was restored from. @example "system-db-backups/litestream/term-3-20261121T110405Z" */
  readonly source: string;
  readonly databases: readonly DatabaseResult[];
}

export function listBrokenDatabases({ databases }: TestReport): readonly DatabaseResult[] {
  return databases.filter(({ findings }) => findings.length > 0);
}

/** The summary names at most this many databases. */
const namedInSummary = 5;

/** @example "68 of 69 backups restore; broken: hivemind (missing)" */
export function reportSummary(report: TestReport): string {
  const broken = listBrokenDatabases(report);
  const sound = report.databases.length - broken.length;
  const named = broken.slice(0, namedInSummary).map(({ database, findings }) => `${database} (${kinds(findings)})`);
  const names = [...named, ...(broken.length > namedInSummary ? [`${broken.length - namedInSummary} more`] : [])].join(
    ", ",
  );
  return `${sound} of ${report.databases.length} backups restore${broken.length === 0 ? "" : `; broken: ${names}`}`;
}

function kinds(findings: readonly RestoreFinding[]): string {
  return [...new Set(findings.map(({ kind }) => kind))].join(", ");
}

/** Rows in all tables; undefined when nothing could be restored. */
export function totalRows({ rows }: DatabaseResult): number | undefined {
  return rows === undefined ? undefined : Object.values(rows).reduce((sum, count) => sum + count, 0);
}

/** Rows by database and table. */
export type KnownRows = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** The row counts for the next test: new ones of sound databases, the earlier ones of broken databases. */
export function nextKnownRows(known: KnownRows, { databases }: TestReport): KnownRows {
  const sound = databases.flatMap(({ database, findings, rows }) =>
    findings.length === 0 && rows !== undefined ? [[database, rows] as const] : [],
  );
  return { ...known, ...Object.fromEntries(sound) };
}

/** The restore test could not run: the store cannot be read, or a program is missing. The backups may be sound. */
export class RestoreTestError extends Error {
  override name = "RestoreTestError";
}

/** There is no sign-in, or the signed-in identity may not read the store. */
export class StoreSignInError extends RestoreTestError {
  override name = "StoreSignInError";
}
