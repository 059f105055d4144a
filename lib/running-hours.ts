/** When a database server runs that is stopped at night and at weekends, in UTC. */
export interface RunningHours {
  /** The hour in which it is started. */
  readonly start: number;
  /** The hour in which it is stopped. */
  readonly stop: number;
  /** The days on which it runs, 0 for Sunday. */
  readonly days: readonly number[];
}

/** From before drift is looked for, at 04:17, until the evening, from Monday to Friday. */
export const runningHours: RunningHours = { start: 4, stop: 19, days: [1, 2, 3, 4, 5] };

/** When somebody looks whether it should run, each day: what starts again by itself at a weekend is stopped in the evening. */
export const hoursSchedule = `0 ${runningHours.start},${runningHours.stop} * * *`;

/** Whether it runs at a moment. @example runsAt(new Date("2026-11-28T12:00:00Z"), runningHours) // false: a Saturday */
export function runsAt(moment: Date, { start, stop, days }: RunningHours): boolean {
  const hour = moment.getUTCHours();
  return days.includes(moment.getUTCDay()) && hour >= start && hour < stop;
}

/** The part of a week in which it runs. */
export const runningShare = (runningHours.days.length * (runningHours.stop - runningHours.start)) / (7 * 24);

/** The tag of a server that is stopped, and its value. */
export const nightsTag = { name: "Nights", off: "off" } as const;
