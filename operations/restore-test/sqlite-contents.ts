import { statSync } from "node:fs";
import { runProgram } from "../programs/external-program";

/** What is in a SQLite file. */
export interface SqliteContents {
  /** What `PRAGMA integrity_check` found; empty when the file is sound. */
  readonly damage: readonly string[];
  /** Rows by table. Empty when the file is damaged beyond counting. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Checking a large database reads all of it. */
const checkSeconds = 1800;

/**
 * Checks a file and counts its rows, read only.
 *
 * @param sqlite3 the SQLite shell
 */
export async function inspectSqlite(sqlite3: string, file: string): Promise<SqliteContents> {
  const check = await ask(sqlite3, file, "PRAGMA integrity_check;");
  if ("problem" in check) return { damage: [check.problem], rows: {} };
  const damage = check.lines.filter((line) => line !== "ok");
  const counted = await countRows(sqlite3, file);
  return "problem" in counted ? { damage: [...damage, counted.problem], rows: {} } : { damage, rows: counted.rows };
}

/**
 * The rows of each table; those of Litestream and of SQLite itself are left out.
 *
 * @returns the problem, as SQLite tells it, when they cannot be counted
 */
export async function countRows(
  sqlite3: string,
  file: string,
): Promise<{ readonly rows: Readonly<Record<string, number>> } | { readonly problem: string }> {
  const own = "type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
  const tables = await ask(
    sqlite3,
    file,
    `SELECT hex(name) FROM sqlite_schema WHERE ${own} AND name NOT LIKE '\\_litestream\\_%' ESCAPE '\\' ORDER BY name;`,
  );
  if ("problem" in tables) return tables;
  const names = tables.lines.map((line) => Buffer.from(line, "hex").toString("utf8"));
  if (names.length === 0) return { rows: {} };
  const counts = await ask(
    sqlite3,
    file,
    names.map((name) => `SELECT count(*) FROM "${name.replaceAll('"', '""')}";`).join("\n"),
  );
  if ("problem" in counts) return counts;
  return { rows: Object.fromEntries(names.map((name, index) => [name, Number(counts.lines[index])])) };
}

/** When a live database was last written: the file or its write-ahead log. Undefined when there is none. */
export function readChangeTime(file: string): Date | undefined {
  const times = [file, `${file}-wal`].flatMap((path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined || (path !== file && found.size === 0) ? [] : [found.mtimeMs];
  });
  return times.length === 0 ? undefined : new Date(Math.max(...times));
}

async function ask(
  sqlite3: string,
  file: string,
  sql: string,
): Promise<{ readonly lines: readonly string[] } | { readonly problem: string }> {
  const arguments_ = ["-readonly", "-batch", "-bail", "-noheader", "-list", file];
  const { exitCode, stdout, stderr } = await runProgram(sqlite3, arguments_, {
    input: `.timeout 5000\n${sql}\n`,
    timeoutSeconds: checkSeconds,
  });
  if (exitCode !== 0) return { problem: stderr.trim().split("\n")[0] || `sqlite3 ended with exit code ${exitCode}` };
  return { lines: stdout.split("\n").filter((line) => line !== "") };
}
