// What SQLite says of a file. By the SQLite in Node.js 22.13 or newer; an older Node.js asks `sqlite3` on the PATH.
import { execFileSync } from "node:child_process";

/** `ok`, or what is damaged. */
export async function integrity(file: string): Promise<string> {
  return (await column(file, "PRAGMA integrity_check(3)")).join("; ");
}

/** Rows by table; those of SQLite and of Litestream are left out, and what an extension would have to read. */
export async function rowCounts(file: string): Promise<Record<string, number>> {
  const names = await column(
    file,
    `SELECT hex(name) FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'
     AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_litestream\\_%' ESCAPE '\\'`,
  );
  const rows: Record<string, number> = {};
  for (const name of names.map((hex) => Buffer.from(hex, "hex").toString("utf8"))) {
    const [count] = await column(file, `SELECT count(*) FROM "${name.replaceAll('"', '""')}"`);
    rows[name] = Number(count);
  }
  return rows;
}

async function column(file: string, sql: string): Promise<string[]> {
  const sqlite = await import("node:sqlite").catch(() => undefined);
  if (sqlite === undefined) {
    const lines = execFileSync("sqlite3", ["-readonly", "-batch", file, sql], { encoding: "utf8" }).split("\n");
    return lines.filter((line) => line !== "");
  }
  const database = new sqlite.DatabaseSync(file, { readOnly: true });
  try {
    const rows = database.prepare(sql).all();
    return rows.map((row) => String(Object.values(row)[0]));
  } finally {
    database.close();
  }
}
