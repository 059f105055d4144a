import { isLookDue, lookLine } from "../drift/drift-look";
import { isOpen } from "../maintenance/maintenance-window";
import { leftWindowLine, windowLine } from "../maintenance/tell-windows";
import type { RetiredEntry } from "./retirements";
import type { StackStatus, Told } from "./stack-status";

/** Something that needs a person. */
export interface Attention {
  /** `now`: it is broken, or may break today. `soon`: it has a day. */
  readonly when: "now" | "soon";
  /** @example "prod" */
  readonly stack: string;
  readonly what: string;
  /** The command or page that mends it. */
  readonly mend: string;
}

/** Days before an end from which it is said. Secrets: two weeks, in which whoever issues one can be asked. */
const days = { exception: 30, secret: 14, retirement: 7 } as const;
/** A daily backup that is older was not made. */
export const backupHours = 26;
/** An operation takes minutes; a lock that is older belongs to nobody who still works. */
const lockHours = 2;
/** Of a budget: what its first notification is for, too. */
const budgetShare = 0.8;

/** What needs a person, the most urgent first. */
export function listAttention(
  statuses: readonly StackStatus[],
  retired: readonly (RetiredEntry & { readonly system: string })[],
  now: Date,
): readonly Attention[] {
  const leaving = retired
    .filter(({ leaves }) => hoursUntil(leaves, now) <= days.retirement * 24)
    .map(({ system, name, leaves, at }) => soon(system, `${name} leaves on ${leaves}`, at));
  const all = [...statuses.flatMap((status) => attentionOf(status, now)), ...leaving];
  return [...all.filter(({ when }) => when === "now"), ...all.filter(({ when }) => when === "soon")];
}

function attentionOf(status: StackStatus, now: Date): readonly Attention[] {
  return [
    ...deploymentTrouble(status, now),
    ...runtimeTrouble(status),
    ...silence(status, now),
    ...hostTrouble(status),
    ...unlookedAt(status, now),
    ...backupTrouble(status, now),
    ...secretTrouble(status, now),
    ...expiring(status, now),
    ...spending(status),
  ];
}

function deploymentTrouble({ stack, pending, lastUpdate, lock }: StackStatus, now: Date): readonly Attention[] {
  const [first] = pending;
  const update = valueRead(lastUpdate);
  const held = valueRead(lock);
  return [
    ...(first === undefined
      ? []
      : [
          nowOf(
            stack,
            `${first.operation} ${first.urn.split("::").at(-1)} was interrupted (${pending.length} pending)`,
            refreshLine(stack),
          ),
        ]),
    ...(update === undefined || update.result === "succeeded"
      ? []
      : [nowOf(stack, `the last ${update.kind} by ${update.by} ${update.result}`, `npm run up -- --stack ${stack}`)]),
    ...(held === undefined || hoursSince(held.since, now) < lockHours
      ? []
      : [
          nowOf(
            stack,
            `locked by ${held.user}@${held.host} since ${held.since}`,
            `npm run up -- --stack ${stack} --break-stale-lock`,
          ),
        ]),
  ];
}

function runtimeTrouble({ stack, releases, jobs, alerts }: StackStatus): readonly Attention[] {
  return [
    ...alerts.flatMap((read) =>
      (valueRead(read) ?? []).map(({ rule, severity }) =>
        nowOf(stack, `alert ${rule} fires, severity ${severity}`, "docs/runbooks"),
      ),
    ),
    ...releases.flatMap((read) => {
      const release = valueRead(read)?.release;
      if (release === undefined || release.ended) return [];
      return [
        nowOf(
          stack,
          `${read.service}: ${release.phase} by ${release.by} since ${release.since}, not ended`,
          `npm run releases -- --stack ${stack}`,
        ),
      ];
    }),
    ...jobs.flatMap((read) => {
      const run = valueRead(read);
      return run?.state === "failed"
        ? [nowOf(stack, `job ${read.job}: ${run.run} failed`, "docs/runbooks/job.md")]
        : [];
    }),
  ];
}

/** What keeps alerts from people, and what it may have kept from them when nobody closed it. */
function silence({ stack, windows }: StackStatus, now: Date): readonly Attention[] {
  return windows.flatMap((read) =>
    (valueRead(read) ?? []).map((window) => {
      const end = `npm run maintenance -- --stack ${stack} --end`;
      if (isOpen(window, now.getTime())) return soon(stack, windowLine(window), end);
      return nowOf(stack, leftWindowLine(window), end);
    }),
  );
}

function hostTrouble({ stack, hosts }: StackStatus): readonly Attention[] {
  if (hosts === undefined) return [];
  return (valueRead(hosts)?.problems ?? []).map((problem) => nowOf(stack, problem, "docs/failover.md"));
}

function unlookedAt({ stack, look }: StackStatus, now: Date): readonly Attention[] {
  const last = look && valueRead(look);
  if (last === undefined || !isLookDue(last, now)) return [];
  return [soon(stack, `drift is overdue to be looked for; ${lookLine(last)}`, lookCommand(stack))];
}

function backupTrouble({ stack, backups }: StackStatus, now: Date): readonly Attention[] {
  return backups.flatMap((read) => {
    if ("unread" in read) return [];
    if (read.value === undefined) return [nowOf(stack, `server ${read.of} has no backup yet`, "docs/backups.md")];
    const hours = hoursSince(read.value, now);
    return hours < backupHours
      ? []
      : [nowOf(stack, `the newest backup of server ${read.of} is of ${read.value}`, "docs/backups.md")];
  });
}

function secretTrouble({ stack, secrets }: StackStatus, now: Date): readonly Attention[] {
  const known = secrets.flatMap((read) => valueRead(read) ?? []);
  const unset = known.filter(({ isSet }) => !isSet).map(({ name }) => name);
  const endless = known.filter(({ isSet, isHeld, expires }) => isSet && !isHeld && expires === undefined);
  return [
    ...(unset.length === 0
      ? []
      : [
          nowOf(
            stack,
            `${unset.length} ${unset.length === 1 ? "secret is" : "secrets are"} not set: ${unset.join(", ")}`,
            `npm run secret -- list --stack ${stack}`,
          ),
        ]),
    ...endless.map(({ name }) =>
      soon(stack, `secret ${name} says no expiry`, `npm run secret -- set --stack ${stack} --name ${name}`),
    ),
    ...known.flatMap(({ name, isSet, expires }) => {
      if (!isSet || expires === undefined) return [];
      const hours = hoursUntil(expires, now);
      if (hours > days.secret * 24) return [];
      const at = expires.slice(0, 10);
      return hours < 0
        ? [nowOf(stack, `secret ${name} expired on ${at}`, `npm run secret -- list --stack ${stack}`)]
        : [soon(stack, `secret ${name} expires on ${at}`, `npm run secret -- list --stack ${stack}`)];
    }),
  ];
}

function expiring({ stack, exceptions }: StackStatus, now: Date): readonly Attention[] {
  return exceptions.flatMap(({ rule, expires, owner }) => {
    // It holds until the end of its last day.
    const hours = hoursUntil(expires, now) + 24;
    if (hours > days.exception * 24) return [];
    const tell = hours < 0 ? nowOf : soon;
    return [tell(stack, `${owner}'s exception from ${rule} ends after ${expires}`, "policies/exceptions.yaml")];
  });
}

function spending({ stack, budgets }: StackStatus): readonly Attention[] {
  return budgets.flatMap((read) => {
    const spend = valueRead(read);
    if (spend === undefined) return [];
    const { limit, spent, forecast = 0, currency } = spend;
    if (spent >= budgetShare * limit) {
      return [nowOf(stack, `${Math.round(spent)} of ${limit} ${currency} are spent this month`, "docs/cost.md")];
    }
    return forecast <= limit
      ? []
      : [soon(stack, `${Math.round(forecast)} of ${limit} ${currency} are forecast for this month`, "docs/cost.md")];
  });
}

export function valueRead<Value>(read: Told<Value>): Value | undefined {
  return "value" in read ? read.value : undefined;
}

function nowOf(stack: string, what: string, mend: string): Attention {
  return { when: "now", stack, what, mend };
}

function soon(stack: string, what: string, mend: string): Attention {
  return { when: "soon", stack, what, mend };
}

function lookCommand(stack: string): string {
  return `npm run drift -- --stack ${stack} --engine pulumi --file`;
}

function refreshLine(stack: string): string {
  return `npm run refresh -- --stack ${stack}`;
}

export function hoursSince(time: string, now: Date): number {
  return (now.getTime() - Date.parse(time)) / 3_600_000;
}

function hoursUntil(time: string, now: Date): number {
  return -hoursSince(time, now);
}
