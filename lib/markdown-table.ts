/**
 * A page with other rows in one of its tables.
 *
 * @param name the page's, for the error
 * @param header the table's first two lines, each with its end
 * @throws when the page has no such table
 */
export function withTableRows(name: string, page: string, header: string, rows: readonly string[]): string {
  const [before, after] = page.split(header);
  if (before === undefined || after === undefined) throw new Error(`${name} has no table that begins with ${header}`);
  const rest = after.slice(after.search(/^(?!\|)/m));
  return [before, header, ...rows.map((row) => `${row}\n`), rest].join("");
}
