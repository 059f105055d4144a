const fields = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12 },
  { name: "day of week", min: 0, max: 7 },
] as const;

/**
 * Everything that is wrong with a cron expression as Container Apps jobs take it: exactly five fields, numbers only, in UTC.
 *
 * @example cronProblems("0 2 * * 0") // [], Sundays at 02:00
 */
export function cronProblems(expression: string): string[] {
  const given = expression.trim().split(/\s+/);
  if (given.length !== fields.length) {
    return [
      `cron "${expression}" has ${given.length} fields; Container Apps jobs take exactly 5: minute, hour, day, month, weekday`,
    ];
  }
  return fields.flatMap((field, index) => {
    const text = given[index] ?? "";
    return text.split(",").every((part) => fits(part, field.min, field.max))
      ? []
      : [
          `cron "${expression}": ${field.name} "${text}" is not *, a number, a range or a step within ${field.min}–${field.max}`,
        ];
  });
}

function fits(part: string, min: number, max: number): boolean {
  const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
  if (match === null) return false;
  const [from, to, step] = [match[1], match[2], match[3]].map((text) =>
    text === undefined ? undefined : Number(text),
  );
  const inside = [from, to].every((value) => value === undefined || (value >= min && value <= max));
  return inside && (from === undefined || to === undefined || from <= to) && step !== 0;
}
