import { allOf, compliant, each, type RuleOutcome, violation } from "../../outcome";
import type { PolicyResource } from "../../rule";
import { anyReading, comparable, items, type Reading, read, readWithin, textsOf } from "./property-reading";
import { requireSet } from "./requirements";

export const suppressionType = "azure-native:alertsmanagement:AlertProcessingRuleByName";

/** Whether an alert processing rule keeps alerts from telling people. Others add receivers. */
export function hidesAlerts(rule: PolicyResource): boolean {
  const actions = items(read(rule, "properties.actions")).map((action) => readWithin(action, "actionType"));
  return anyReading(actions, (action) => comparable(action) === "removeallactiongroups");
}

/** What of it comes again; empty for what is once. */
export function recurrencesOf(rule: PolicyResource): Reading {
  return read(rule, "properties.schedule.recurrences");
}

const dayMilliseconds = 24 * 3_600_000;

/** It begins, and ends within a day of that: one without a beginning may have begun long ago. */
export function requireShortWindow(rule: PolicyResource): RuleOutcome {
  const { from, until, begin, end } = windowOf(rule);
  const set = allOf(each([from, until], requireSet));
  if (set.outcome !== "compliant") return set;
  return end - begin <= dayMilliseconds
    ? compliant
    : violation(until.path, "is no moment within 24 hours of effectiveFrom");
}

/** Times are local ones of a zone: only those of one zone can be counted together. Without a word it is UTC. */
export function requireOneZone(rules: readonly PolicyResource[]): RuleOutcome {
  const zones = rules.map((rule) => readWithin(read(rule, "properties.schedule"), "timeZone"));
  const [first = "utc", ...others] = zones.map((zone) => textsOf([zone])[0] ?? "utc");
  const at = others.findIndex((zone) => zone !== first);
  return at === -1
    ? compliant
    : violation(zones[at + 1]?.path ?? "", `is another time zone than others have (${first}): give all of them one`);
}

/** Several, of which each may be short, do not follow one another for longer than a day. */
export function requireBreaks(rules: readonly PolicyResource[]): RuleOutcome {
  const windows = rules
    .map(windowOf)
    .filter(({ begin, end }) => begin < end)
    .sort((one, other) => one.begin - other.begin);
  let since = Number.NaN;
  let last = Number.NaN;
  for (const { begin, end, until } of windows) {
    if (!(begin <= last)) since = begin;
    last = begin <= last ? Math.max(last, end) : end;
    if (last - since > dayMilliseconds)
      return violation(until.path, "goes on, with others before it, for longer than 24 hours");
  }
  return compliant;
}

function windowOf(rule: PolicyResource) {
  const schedule = read(rule, "properties.schedule");
  const [from, until] = [readWithin(schedule, "effectiveFrom"), readWithin(schedule, "effectiveUntil")];
  return { from, until, begin: momentOf(from), end: momentOf(until) };
}

/** A local time, as Azure takes it: both ends have one zone. NaN for what is none. */
function momentOf(time: Reading): number {
  const [text = ""] = textsOf([time]);
  return /^\d{4}-\d\d-\d\dt\d\d:\d\d(?::\d\d)?$/.test(text) ? Date.parse(`${text.toUpperCase()}Z`) : Number.NaN;
}

const weekDays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const [dayMinutes, weekMinutes] = [1440, 10_080];
/** Ours; nights and weekends off leave 72. */
const openHours = 48;

/** What comes again leaves, all together, enough of a week in which people are told. */
export function requireOpenHours(rules: readonly PolicyResource[]): RuleOutcome {
  const recurrences = rules.map(recurrencesOf);
  const covered = new Set(recurrences.flatMap(items).flatMap(coveredMinutes));
  return weekMinutes - covered.size >= openHours * 60
    ? compliant
    : violation(recurrences[0]?.path ?? "", `leaves less than ${openHours} hours of a week`);
}

/** The minutes of a week that a recurrence covers. One that names no days of the week counts as daily, one without times as all day. */
function coveredMinutes(recurrence: Reading): readonly number[] {
  const [type] = textsOf([readWithin(recurrence, "recurrenceType")]);
  const named = textsOf(items(readWithin(recurrence, "daysOfWeek")));
  const days = type === "weekly" && named.length > 0 ? named.map((day) => weekDays.indexOf(day)) : [...weekDays.keys()];
  const start = minuteOfDay(readWithin(recurrence, "startTime")) ?? 0;
  const end = minuteOfDay(readWithin(recurrence, "endTime")) ?? dayMinutes;
  // One that does not end after it begins ends the next day.
  const length = end > start ? end - start : end + dayMinutes - start;
  return days.flatMap((day) =>
    Array.from({ length }, (_, minute) => (day * dayMinutes + start + minute) % weekMinutes),
  );
}

/** Rounded up, so that 23:59:59 is midnight; undefined for what is no time. */
function minuteOfDay(time: Reading): number | undefined {
  const [, hours, minutes, seconds] = /^(\d\d):(\d\d)(?::(\d\d))?$/.exec(textsOf([time])[0] ?? "") ?? [];
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes) + (Number(seconds ?? 0) > 0 ? 1 : 0);
}
