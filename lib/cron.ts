interface Field {
  readonly name: string;
  readonly least: number;
  readonly greatest: number;
  /** Words for its values, from the least on. */
  readonly words: readonly string[];
}

const fields: readonly Field[] = [
  { name: "minute", least: 0, greatest: 59, words: [] },
  { name: "hour", least: 0, greatest: 23, words: [] },
  { name: "day of month", least: 1, greatest: 31, words: [] },
  { name: "month", least: 1, greatest: 12, words: "jan feb mar apr may jun jul aug sep oct nov dec".split(" ") },
  { name: "day of week", least: 0, greatest: 7, words: "sun mon tue wed thu fri sat".split(" ") },
];

export interface CronGrammar {
  /** Whether months and days of the week may be words, `jan` and `sun`. Default: false. */
  readonly words?: boolean;
}

/**
 * Everything that is wrong with a cron expression of five fields; empty when it is right.
 *
 * @example cronProblems("0 2 * * 0") // [], Sundays at 02:00
 * @example cronProblems("60 2 * * *") // ['minute "60" is not *, a number, a range or a step within 0–59']
 */
export function cronProblems(expression: string, { words = false }: CronGrammar = {}): string[] {
  const given = fieldsOf(expression);
  if (given.length !== fields.length) {
    return [`it has ${given.length} fields; expected exactly 5: minute, hour, day, month, weekday`];
  }
  return fields.flatMap((field, index) => {
    const text = given[index] ?? "";
    if (valuesOf(text, field, words) !== undefined) return [];
    return [`${field.name} "${text}" is not *, a number, a range or a step within ${field.least}–${field.greatest}`];
  });
}

/**
 * How often a cron expression of five fields fires in a month of 730 hours, on average.
 *
 * @returns undefined for an expression that is not right
 * @example runsPerMonth("*\/5 * * * *") // 8760
 */
export function runsPerMonth(expression: string): number | undefined {
  if (cronProblems(expression, { words: true }).length > 0) return undefined;
  // Each field lets through a share of all minutes of a month.
  const [minute = 0, hour = 0, day = 0, month = 0, weekday = 0] = fields.map((field, index) => {
    const values = valuesOf(fieldsOf(expression)[index] ?? "", field, true) ?? new Set();
    return values.size / (field.greatest - field.least + (field.name === "day of week" ? 0 : 1));
  });
  // When both name days, a day that one of them names is enough. Source: crontab(5).
  const days = day < 1 && weekday < 1 ? 1 - (1 - day) * (1 - weekday) : day * weekday;
  return minute * hour * days * month * 730 * 60;
}

/**
 * When it fires in a week, in minutes from the beginning of Sunday.
 *
 * @returns undefined for an expression that is not right, or that names days of the month or months: what it does takes a calendar
 * @example weeklyRuns("0 2 * * 0") // [120]
 */
export function weeklyRuns(expression: string): readonly number[] | undefined {
  if (cronProblems(expression, { words: true }).length > 0) return undefined;
  const given = fieldsOf(expression);
  if (given[2] !== "*" || given[3] !== "*") return undefined;
  const [minutes = [], hours = [], , , weekdays = []] = fields.map((field, index) =>
    [...(valuesOf(given[index] ?? "", field, true) ?? [])].sort((one, other) => one - other),
  );
  return weekdays.flatMap((day) => hours.flatMap((hour) => minutes.map((minute) => (day * 24 + hour) * 60 + minute)));
}

/**
 * The longest time between two runs, in seconds.
 *
 * @returns undefined where {@link weeklyRuns} is
 * @example longestGapSeconds("0 2 * * 1-5") // 259200, from Friday to Monday
 */
export function longestGapSeconds(expression: string): number | undefined {
  const runs = weeklyRuns(expression);
  // The first run of the next week, so that the gap over the end of this one is among them.
  const next = runs?.map((_run, index) => runs[index + 1] ?? (runs[0] ?? 0) + minutesPerWeek);
  return runs && next && 60 * Math.max(...next.map((run, index) => run - (runs[index] ?? run)));
}

const minutesPerWeek = 7 * 1440;

function fieldsOf(expression: string): readonly string[] {
  return expression.trim().split(/\s+/);
}

/** The values that a field lets through; undefined when it is not right. */
function valuesOf(text: string, field: Field, words: boolean): ReadonlySet<number> | undefined {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
    if (match === null) return undefined;
    const [, star, low, high, every] = match;
    const step = Number(every ?? 1);
    const from = star === undefined ? numberOf(low ?? "", field, words) : field.least;
    const open = star !== undefined || (high === undefined && every !== undefined);
    const to = open ? field.greatest : high === undefined ? from : numberOf(high, field, words);
    if (from === undefined || to === undefined || from > to || step === 0) return undefined;
    // Sunday is 0 and 7.
    for (let value = from; value <= to; value += step) values.add(field.name === "day of week" ? value % 7 : value);
  }
  return values;
}

function numberOf(text: string, { least, greatest, words: known }: Field, words: boolean): number | undefined {
  const word = words ? known.indexOf(text.toLowerCase()) : -1;
  if (word >= 0) return word + least;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= greatest ? value : undefined;
}
