import type { ProgramRun } from "../../programs/run-program";

type Rows = Readonly<Record<string, number>>;

/** Between columns; no name holds it. */
const separator = "\u001f";

const ownSchemas = "schemaname NOT IN ('pg_catalog', 'information_schema') AND schemaname NOT LIKE 'pg\\_toast%'";

/**
 * The rows of every table of a database, by `schema.table`.
 *
 * @param psql runs psql with these arguments
 * @returns the problem, in PostgreSQL's words, when they cannot be counted
 */
export async function tableRows(
  psql: (args: readonly string[]) => Promise<ProgramRun>,
  database: string,
): Promise<{ readonly rows: Rows } | { readonly problem: string }> {
  const ask = (sql: string) => psql(["-XAtq", "-F", separator, "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql]);
  const tables = await ask(
    `SELECT schemaname || '.' || tablename, format('%I.%I', schemaname, tablename) FROM pg_tables WHERE ${ownSchemas} ORDER BY 1`,
  );
  if (tables.exitCode !== 0) return { problem: lastLine(tables.stderr) };
  const names = tables.stdout.split("\n").flatMap((line) => {
    const [name, quoted] = line.split(separator);
    return name === undefined || quoted === undefined ? [] : [{ name, quoted }];
  });
  if (names.length === 0) return { rows: {} };
  // Numbered: a parallel plan returns the parts of a union in any order.
  const counts = await ask(
    names.map(({ quoted }, index) => `SELECT ${index}, count(*) FROM ${quoted}`).join(" UNION ALL "),
  );
  if (counts.exitCode !== 0) return { problem: lastLine(counts.stderr) };
  const rows = counts.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(separator));
  return { rows: Object.fromEntries(rows.map(([index, count]) => [names[Number(index)]?.name ?? "", Number(count)])) };
}

export function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
