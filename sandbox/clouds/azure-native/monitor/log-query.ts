import { parseDuration } from "../../../../lib/duration";

/** A row of a table. TimeGenerated is in minutes. */
export type LogRow = Readonly<Record<string, string | number | undefined>>;

/** When a query is asked, and how far back it looks where it does not say. */
interface Asked {
  readonly now: number;
  readonly windowMinutes: number;
}

/**
 * Runs a Kusto query over rows: the part of the language that the program's own queries are written in.
 *
 * @throws when the query says something that this does not understand
 */
export function runLogQuery(
  query: string,
  tables: Readonly<Record<string, readonly LogRow[]>>,
  asked: Asked,
): readonly LogRow[] {
  const [table = "", ...steps] = query.split("\n").map((line) => line.trim());
  const ago = /TimeGenerated > ago\(/.test(query) ? Number.POSITIVE_INFINITY : asked.windowMinutes;
  const recent = (tables[table] ?? []).filter(({ TimeGenerated = 0 }) => {
    const at = Number(TimeGenerated);
    return at > asked.now - ago && at <= asked.now;
  });
  return steps.reduce<readonly LogRow[]>((rows, step) => runStep(step.replace(/^\|\s*/, ""), rows, asked), recent);
}

function runStep(step: string, rows: readonly LogRow[], asked: Asked): readonly LogRow[] {
  const [, verb = "", rest = ""] = /^(\w+)\s+(.*)$/.exec(step) ?? [];
  switch (verb) {
    case "where":
      return rows.filter(condition(rest, asked));
    case "extend":
      return rows.map((row) => ({ ...row, ...extracted(rest, row) }));
    case "summarize":
      return summarized(rest, rows);
    default:
      throw new Error(`the emulated logs do not understand "${step}"`);
  }
}

/** @example condition('Reason == "ProcessExited"') */
function condition(text: string, { now }: Asked): (row: LogRow) => boolean {
  const ago = /^TimeGenerated > ago\((\w+)\)$/.exec(text);
  if (ago !== null) {
    const minutes = (parseDuration(ago[1] ?? "") ?? 0) / 60;
    return ({ TimeGenerated = 0 }) => Number(TimeGenerated) > now - minutes;
  }
  const [, column = "", operator = "", quoted, number] =
    /^(\w+) (==|!=|has|!?contains) (?:"(.*)"|(\d+))$/.exec(text) ?? [];
  const wanted = quoted ?? number;
  if (wanted === undefined) throw new Error(`the emulated logs do not understand "where ${text}"`);
  return (row) => {
    // What a row does not have is null, which is neither equal nor unequal to anything.
    const found = row[column];
    if (operator === "==") return found !== undefined && String(found) === wanted;
    if (operator === "!=") return found !== undefined && String(found) !== wanted;
    const holds = String(found ?? "")
      .toLowerCase()
      .includes(wanted.toLowerCase());
    return operator.startsWith("!") ? !holds : holds;
  };
}

/** @example extracted('ExitCode = toint(extract(@"exit code:\\s*(\\d+)", 1, Log))', row) */
function extracted(text: string, row: LogRow): LogRow {
  const [, name, pattern, column = ""] = /^(\w+) = toint\(extract\(@"(.*)", 1, (\w+)\)\)$/.exec(text) ?? [];
  if (name === undefined || pattern === undefined)
    throw new Error(`the emulated logs do not understand "extend ${text}"`);
  const found = new RegExp(pattern).exec(String(row[column] ?? ""))?.[1];
  return { [name]: found === undefined ? undefined : Number(found) };
}

/** Without `by` there is always one row, of no rows too. */
function summarized(text: string, rows: readonly LogRow[]): readonly LogRow[] {
  const [, name, value = "", by] = /^(\w+) = (.*?)(?: by (\w+))?$/.exec(text) ?? [];
  if (name === undefined) throw new Error(`the emulated logs do not understand "summarize ${text}"`);
  if (by === undefined) return [{ [name]: aggregate(value, rows) }];
  const keys = [...new Set(rows.map((row) => row[by]))];
  return keys.map((key) => ({
    [by]: key,
    [name]: aggregate(
      value,
      rows.filter((row) => row[by] === key),
    ),
  }));
}

function aggregate(value: string, rows: readonly LogRow[]): number {
  if (value === "count()") return rows.length;
  if (value !== 'datetime_diff("second", max(TimeGenerated), min(TimeGenerated))') {
    throw new Error(`the emulated logs do not understand "${value}"`);
  }
  const times = rows.map(({ TimeGenerated = 0 }) => Number(TimeGenerated));
  return 60 * (Math.max(...times) - Math.min(...times));
}
