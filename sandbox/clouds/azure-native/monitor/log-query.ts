import { parseDuration } from "../../../../lib/duration";

/** A row of a table. TimeGenerated is in minutes. */
export type LogRow = Readonly<Record<string, string | number | undefined>>;

/** When a query is asked, and how far back it sees. */
interface Asked {
  /** Minutes from the first, which begins a week. */
  readonly now: number;
  readonly windowMinutes: number;
}

/** What a query defines before it begins, by name. */
type Defined = Readonly<Record<string, number>>;

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
  const lines = query.split("\n").map((line) => line.trim());
  const definitions = lines.filter((line) => line.startsWith("let "));
  const defined = Object.fromEntries(definitions.map((line) => definition(line, asked)));
  const [table = "", ...steps] = lines.slice(definitions.length);
  const recent = (tables[table] ?? []).filter(({ TimeGenerated = 0 }) => {
    const at = Number(TimeGenerated);
    return at > asked.now - asked.windowMinutes && at <= asked.now;
  });
  return steps.reduce<readonly LogRow[]>(
    (rows, step) => runStep(step.replace(/^\|\s*/, ""), rows, { ...asked, defined }),
    recent,
  );
}

/** @example definition("let due = startofweek(now() - 120m) + 120m;", asked) // ["due", 120] */
function definition(line: string, { now }: Asked): readonly [string, number] {
  const [, name, value = ""] = /^let (\w+) = (.*);$/.exec(line) ?? [];
  const weeks = [...value.matchAll(/startofweek\(now\(\) - (\d+)m\) \+ (\d+)m/g)];
  if (name === undefined || weeks.length === 0) throw new Error(`the emulated logs do not understand "${line}"`);
  const week = 7 * 1440;
  const times = weeks.map(([, back, on]) => Math.floor((now - Number(back)) / week) * week + Number(on));
  return [name, Math.max(...times)];
}

function runStep(
  step: string,
  rows: readonly LogRow[],
  asked: Asked & { readonly defined: Defined },
): readonly LogRow[] {
  const [, verb = "", rest = ""] = /^(\w+)\s+(.*)$/.exec(step) ?? [];
  switch (verb) {
    case "where":
      return rows.filter(condition(rest, asked));
    case "extend":
      return rows.map((row) => ({ ...row, ...extracted(rest, row) }));
    case "summarize":
      return summarized(rest, rows);
    case "distinct":
      return [...new Set(rows.map((row) => row[rest]))].map((value) => ({ [rest]: value }));
    default:
      throw new Error(`the emulated logs do not understand "${step}"`);
  }
}

/** @example condition('Reason == "ProcessExited"') */
function condition(text: string, { now, defined }: Asked & { readonly defined: Defined }): (row: LogRow) => boolean {
  const [, after] = /^TimeGenerated > (\w+)$/.exec(text) ?? [];
  if (after !== undefined) return ({ TimeGenerated = 0 }) => Number(TimeGenerated) > (defined[after] ?? Number.NaN);
  const [, first, from = "", last, to = ""] =
    /^now\(\) between \(\((\w+) \+ (\w+)\) \.\. \((\w+) \+ (\w+)\)\)$/.exec(text) ?? [];
  if (first !== undefined && last !== undefined) {
    const at = (name: string, later: string) => (defined[name] ?? Number.NaN) + (parseDuration(later) ?? 0) / 60;
    return () => now >= at(first, from) && now <= at(last, to);
  }
  const [, listed, names = ""] = /^(\w+) in \((.*)\)$/.exec(text) ?? [];
  if (listed !== undefined) return (row) => names.split(", ").includes(`"${row[listed]}"`);
  const ago = /^TimeGenerated > ago\((\w+)\)$/.exec(text);
  if (ago !== null) {
    const minutes = (parseDuration(ago[1] ?? "") ?? 0) / 60;
    return ({ TimeGenerated = 0 }) => Number(TimeGenerated) > now - minutes;
  }
  const [, compared = "", than, limit] = /^(\w+) (<=|>=|<) (\d+)$/.exec(text) ?? [];
  if (than !== undefined) return (row) => isCompared(Number(row[compared]), than, Number(limit));
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

function isCompared(value: number, operator: string, limit: number): boolean {
  if (operator === "<=") return value <= limit;
  return operator === "<" ? value < limit : value >= limit;
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
