/** The least and the greatest value of each field of a cron expression. */
const fields = [
  { name: "minute", minimum: 0, maximum: 59 },
  { name: "hour", minimum: 0, maximum: 23 },
  { name: "day of month", minimum: 1, maximum: 31 },
  { name: "month", minimum: 1, maximum: 12 },
  { name: "day of week", minimum: 0, maximum: 7 },
] as const;

const names = "sun mon tue wed thu fri sat jan feb mar apr may jun jul aug sep oct nov dec".split(" ");

/** What is wrong with a job's schedule; undefined when it is right. Container Apps jobs take exactly five fields, in UTC. */
export function scheduleProblem(expression: string): string | undefined {
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== fields.length) return `expected 5 fields, got ${parts.length}`;
  for (const [index, field] of fields.entries()) {
    const part = parts[index] ?? "";
    if (!part.split(",").every((item) => isItem(item, field.minimum, field.maximum))) {
      return `the ${field.name} "${part}" is not valid`;
    }
  }
  return undefined;
}

function isItem(item: string, minimum: number, maximum: number): boolean {
  const match = /^(\*|\w+(?:-\w+)?)(?:\/(\d+))?$/.exec(item);
  if (match === null || match[2] === "0") return false;
  const range = match[1] ?? "";
  if (range === "*") return true;
  return range.split("-").every((end) => {
    if (names.includes(end.toLowerCase())) return true;
    return /^\d+$/.test(end) && Number(end) >= minimum && Number(end) <= maximum;
  });
}
