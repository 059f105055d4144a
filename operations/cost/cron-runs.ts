const ranges = [60, 24, 31, 12, 7] as const;

/**
 * How often a cron expression of five fields fires in a month of 730 hours, on average.
 *
 * @returns undefined for an expression that it cannot read
 * @example runsPerMonth("*\/5 * * * *") // 8760
 */
export function runsPerMonth(expression: string): number | undefined {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 5) return undefined;
  const shares = fields.map((field, index) => shareOf(field, ranges[index] ?? 1));
  if (shares.some((share) => share === undefined)) return undefined;
  // Each field lets through a share of all minutes of a month.
  return shares.reduce<number>((runs, share) => runs * (share ?? 0), 730 * 60);
}

function shareOf(field: string, range: number): number | undefined {
  if (field === "*") return 1;
  let count = 0;
  for (const part of field.split(",")) {
    const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (match === null) return undefined;
    const [, from, to, step] = match;
    const span =
      from === undefined
        ? range
        : to === undefined
          ? step === undefined
            ? 1
            : range - Number(from)
          : Number(to) - Number(from) + 1;
    count += Math.ceil(span / Number(step ?? 1));
  }
  return Math.min(1, count / range);
}
