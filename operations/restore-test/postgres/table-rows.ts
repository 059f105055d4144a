import type { ProgramRun } from "../../programs/run-program";

type Rows = Readonly<Record<string, number>>;

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
  const ask = (sql: string) => psql(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql]);
  const tables = await ask(
    `SELECT schemaname || '.' || tablename, format('%I.%I', schemaname, tablename) FROM pg_tables WHERE ${ownSchemas} ORDER BY 1`,
  );
  if (tables.exitCode !== 0) return { problem: lastLine(tables.stderr) };
  const names = tables.stdout.split("\n").flatMap((line) => {
    const [name, quoted] = line.split("|");
    return name === undefined || quoted === undefined ? [] : [{ name, quoted }];
  });
  if (names.length === 0) return { rows: {} };
  const counts = await ask(names.map(({ quoted }) => `SELECT count(*) FROM ${quoted}`).join(" UNION ALL "));
  if (counts.exitCode !== 0) return { problem: lastLine(counts.stderr) };
  const numbers = counts.stdout.split("\n");
  return { rows: Object.fromEntries(names.map(({ name }, index) => [name, Number(numbers[index])])) };
}

export function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
