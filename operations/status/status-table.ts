import { printable, type Terminal } from "../../deployment/display/terminal";
import { lookLine } from "../drift/drift-look";
import { type Attention, hoursSince, valueRead } from "./attention";
import type { RetiredEntry } from "./retirements";
import type { StackStatus, Told } from "./stack-status";

/** A stack of which nothing can be told but why. */
export interface StackWithoutStatus {
  readonly stack: string;
  /** @example "never deployed" */
  readonly why: string;
}

/** Everything that `status` shows, and prints with `--json`. */
export interface StatusReport {
  readonly at: string;
  readonly attention: readonly Attention[];
  readonly stacks: readonly (StackStatus | StackWithoutStatus)[];
  readonly retired: readonly (RetiredEntry & { readonly system: string })[];
}

/** A screen's lines, without those that others say: title and outcome. */
const attentionLines = 8;
const width = 80;

/** The report as one screen: what needs a person, then a line a stack. */
export function statusTable(report: StatusReport, now: Date, { paint }: Pick<Terminal, "paint">): readonly string[] {
  const { attention, stacks, retired } = report;
  const shown = attention.slice(0, attentionLines);
  const more = attention.length - shown.length;
  const unread = groupByReason(stacks.flatMap((status) => ("why" in status ? [] : unreadOf(status))));
  return [
    attention.length === 0 ? paint("good", "Nothing needs a person.") : paint("bold", "Needs a person"),
    ...shown.flatMap(({ when, stack, what, mend }) => [
      paint(when === "now" ? "danger" : "warn", cut(`${when === "now" ? "!" : "·"} ${stack}: ${what}`)),
      paint("dim", cut(`    ${mend}`)),
    ]),
    ...(more > 0 ? [`  and ${more} more: --stack NAME, or --json`] : []),
    "",
    paint("bold", row(["stack", "changed", "by", "secrets", "apps", "jobs", "backup", "budget"])),
    ...stacks.map((status) =>
      cut("why" in status ? `${status.stack.padEnd(21)}${status.why}` : stackLine(status, now)),
    ),
    ...stacks.flatMap((status) => ("why" in status ? [] : [...hostLines(status), ...lookLines(status)])),
    ...(unread.length === 0
      ? []
      : [
          "",
          ...unread.slice(0, 3).flatMap(({ what, why }) => [cut(`not read: ${what}`), paint("dim", cut(`    ${why}`))]),
        ]),
    ...(unread.length > 3 ? [`  and ${unread.length - 3} more: --json`] : []),
    ...(retired.length === 0
      ? []
      : [cut(`retired: ${retired.map(({ name, leaves }) => `${name} ${leaves}`).join(", ")}`)]),
  ];
}

/** One stack, everything that was read. */
export function stackLines(status: StackStatus): readonly string[] {
  const update = valueRead(status.lastUpdate);
  const lock = valueRead(status.lock);
  return [
    `last change  ${update === undefined ? "none is known" : `${update.kind} ${update.result}, ${update.at} by ${update.by}`}`,
    `lock         ${lock === undefined ? "free" : `${lock.user}@${lock.host} since ${lock.since}`}`,
    ...status.pending.map(({ operation, urn }) => `pending      ${operation} ${urn}`),
    ...hostLines(status),
    ...lookLines(status),
    ...status.secrets.flatMap((vault) =>
      (valueRead(vault) ?? []).map(
        ({ name, isSet, expires }) => `secret       ${name.padEnd(30)} ${isSet ? expiryText(expires) : "not set"}`,
      ),
    ),
    ...status.releases.flatMap((app) => {
      const running = valueRead(app);
      if (running === undefined) return [];
      const { digest, revision, release } = running;
      const since = release === undefined ? "never released" : `${release.phase} ${release.since} by ${release.by}`;
      return [`app          ${app.service.padEnd(20)} ${digest.slice(0, 19)} ${revision} ${since}`];
    }),
    ...status.jobs.flatMap((job) =>
      "unread" in job
        ? []
        : [
            `job          ${job.job.padEnd(30)} ${job.value === undefined ? "has not run" : `${job.value.state} ${job.value.began ?? ""}`}`,
          ],
    ),
    ...status.backups.flatMap((backup) =>
      "unread" in backup ? [] : [`backup       ${backup.of.padEnd(30)} ${backup.value ?? "none yet"}`],
    ),
    ...status.budgets.flatMap((budget) => {
      const spend = valueRead(budget);
      return spend === undefined ? [] : [`budget       ${spend.spent} of ${spend.limit} ${spend.currency} this month`];
    }),
    ...status.exceptions.map(({ rule, expires, owner }) => `exception    ${rule} until ${expires}, ${owner}`),
    ...unreadOf(status).map(({ what, why }) => `not read     ${what}: ${why}`),
  ].map((line) => `    ${printable(line)}`);
}

function expiryText(expires: string | undefined): string {
  return expires === undefined ? "set, says no expiry" : `expires ${expires.slice(0, 10)}`;
}

const columns = [20, 9, 10, 8, 4, 8, 6, 8];

function row(cells: readonly string[]): string {
  return cut(
    cells
      .map((cell, index) => `${cell.slice(0, columns[index] || width).padEnd(columns[index] ?? 0)} `)
      .join("")
      .trimEnd(),
  );
}

function stackLine(status: StackStatus, now: Date): string {
  const { lastUpdate, lock, secrets, releases, jobs, backups, budgets } = status;
  const update = valueRead(lastUpdate);
  const isLocked = valueRead(lock) !== undefined;
  const known = values(secrets)?.flat();
  const unset = known?.filter(({ isSet }) => !isSet).length ?? 0;
  const runs = values(jobs);
  const failed = runs?.filter((run) => run?.state === "failed").length ?? 0;
  const oldest = values(backups)?.map((time) =>
    time === undefined ? Number.POSITIVE_INFINITY : hoursSince(time, now),
  );
  const [spend] = values(budgets) ?? [];
  return row([
    status.stack,
    isLocked
      ? "locked"
      : "unread" in lastUpdate
        ? "?"
        : update === undefined
          ? "unknown"
          : `${age(hoursSince(update.at, now))} ago`,
    update?.by ?? "",
    known === undefined ? "?" : known.length === 0 ? "-" : unset > 0 ? `${unset} unset` : `${known.length} set`,
    cell(values(releases), (apps) => String(apps.length)),
    cell(runs, (all) => (failed > 0 ? `${failed} failed` : String(all.length))),
    cell(oldest, (ages) => age(Math.max(...ages))),
    spend === undefined ? (values(budgets) === undefined ? "?" : "-") : `${Math.round(spend.spent)}/${spend.limit}`,
  ]);
}

/** `?` for what could not be read, `-` for what a stack has not. */
function cell<Value>(all: readonly Value[] | undefined, text: (all: readonly Value[]) => string): string {
  if (all === undefined) return "?";
  return all.length === 0 ? "-" : text(all);
}

/** All of them; undefined when one could not be read: a sum of the others would be a guess. */
function values<Value>(readings: readonly Told<Value>[]): readonly Value[] | undefined {
  return readings.some((read) => "unread" in read)
    ? undefined
    : readings.flatMap((read) => ("value" in read ? [read.value] : []));
}

/** @example age(26) // "26 h" */
function age(hours: number): string {
  if (hours === Number.POSITIVE_INFINITY) return "none";
  if (hours < 1) return `${Math.max(0, Math.round(hours * 60))} min`;
  return hours < 48 ? `${Math.floor(hours)} h` : `${Math.floor(hours / 24)} d`;
}

function hostLines({ hosts }: StackStatus): readonly string[] {
  const read = hosts === undefined ? undefined : valueRead(hosts);
  if (read === undefined) return [];
  const { primary, term } = read;
  const asked =
    Object.keys(read.hosts).length === 0 ? "only the lease was read" : Object.keys(read.hosts).join(" and ");
  return [cut(`hosts: ${primary} is primary, term ${term} (${asked})`)];
}

function lookLines({ look }: StackStatus): readonly string[] {
  const last = look && valueRead(look);
  return last === undefined ? [] : [cut(`drift of ${lookLine(last)}`)];
}

interface Unread {
  readonly what: string;
  readonly why: string;
}

/** What does not answer seldom fails alone. */
function groupByReason(unread: readonly Unread[]): readonly Unread[] {
  const reasons = [...new Set(unread.map(({ why }) => why))];
  return reasons.map((reason) => {
    const [first, ...others] = unread.filter(({ why }) => why === reason);
    return { what: `${first?.what ?? ""}${others.length === 0 ? "" : ` and ${others.length} more`}`, why: reason };
  });
}

function unreadOf(status: StackStatus): readonly Unread[] {
  const { stack, lastUpdate, lock, secrets, releases, jobs, backups, budgets, alerts, windows, hosts, look } = status;
  const lists = [
    ...[...secrets].map((read) => [`vault ${read.vault}`, read] as const),
    ...releases.map((read) => [`app ${read.service}`, read] as const),
    ...jobs.map((read) => [`job ${read.job}`, read] as const),
    ...backups.map((read) => [`backups of server ${read.of}`, read] as const),
    ...budgets.map((read) => [`budget ${read.budget}`, read] as const),
    ...alerts.map((read) => [`alerts of ${read.group}`, read] as const),
    ...windows.map((read) => [`maintenance windows of ${read.group}`, read] as const),
  ];
  const all: readonly (readonly [string, Told<unknown>])[] = [
    ["last change", lastUpdate],
    ["lock", lock],
    ...lists,
    ...(hosts === undefined ? [] : [["hosts", hosts] as const]),
    ...(look === undefined ? [] : [["the last look for drift", look] as const]),
  ];
  return all.flatMap(([what, read]) => ("unread" in read ? [{ what: `${what} of ${stack}`, why: read.unread }] : []));
}

/** One line of the screen; what does not fit is in `--json`. */
function cut(line: string): string {
  const text = printable(line);
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
