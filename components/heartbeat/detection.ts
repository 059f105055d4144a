import type { HeartbeatEntry } from "./schema";

/** A watcher's times, in seconds. What its schedule says and what the platform adds to it. */
export interface WatchSchedule {
  /** Polls in one run. */
  readonly polls: number;
  /** From the beginning of one poll to that of the next in the same run. */
  readonly intervalSeconds: number;
  /** From the beginning of one run to that of the next, as scheduled. */
  readonly everySeconds: number;
  /** How much later than scheduled a run starts, at most; beyond it nothing is promised, and the other watcher calls it silence. */
  readonly lateSeconds: number;
}

/** A poll without an answer has failed after this long. */
const pollTimeoutSeconds = 10;

/** The minutes without a run after which the other watcher calls one silent: GitHub's runs are late by minutes, and sometimes dropped. */
export const silenceMinutes = { github: 30, azure: 10 } as const;

/** Every five minutes, the shortest GitHub takes; the polls of a run last until the next. */
export const githubSchedule: WatchSchedule = {
  polls: 5,
  intervalSeconds: 60,
  everySeconds: 300,
  lateSeconds: silenceMinutes.github * 60,
};

/** One poll a minute. Late: a container starts within 15 seconds, because its image is small and stays the same. */
export const azureSchedule: WatchSchedule = { polls: 1, intervalSeconds: 0, everySeconds: 60, lateSeconds: 15 };

/** How long an outage lasts, at most, before people hear of it. Seconds. */
export interface DetectionTime {
  /** Every run starts when it is due. */
  readonly onTime: number;
  /** Runs are as late as they may be. */
  readonly atWorst: number;
}

/**
 * The time from the first moment of an outage to the alert, computed from the schedule: until the poll that fails first, from there to
 * the one that makes the alert, and until that one is given up. The endpoint dies just after it has answered.
 */
export function detectionTime(schedule: WatchSchedule, alertAfter: number): DetectionTime {
  const gaps = [
    ...Array.from({ length: schedule.polls - 1 }, () => schedule.intervalSeconds),
    schedule.everySeconds - (schedule.polls - 1) * schedule.intervalSeconds,
  ];
  const longest = Math.max(
    ...gaps.map((_gap, first) =>
      Array.from({ length: alertAfter }, (_, step) => gaps[(first + step) % gaps.length] ?? 0).reduce(sum, 0),
    ),
  );
  const onTime = longest + pollTimeoutSeconds;
  return { onTime, atWorst: onTime + schedule.lateSeconds };
}

function sum(left: number, right: number): number {
  return left + right;
}

/** What is promised of a heartbeat, in words for a person: each watcher's time to the alert, and how long its own silence stays unnoticed. */
export function detectionPromise(entry: Pick<HeartbeatEntry, "alertAfter">, watchers: { readonly azure: boolean }) {
  const github = detectionTime(githubSchedule, entry.alertAfter);
  const azure = detectionTime(azureSchedule, entry.alertAfter);
  return {
    github: `alert after ${minutes(github.onTime)} at most while its runs are on time; late runs make it ${minutes(github.atWorst)}, and GitHub promises nothing`,
    ...(watchers.azure
      ? {
          azure: `alert after ${minutes(azure.atWorst)} at most`,
          githubSilent: `noticed by Azure within ${minutes(silenceMinutes.github * 60 + azureSchedule.everySeconds + azureSchedule.lateSeconds)}`,
          azureSilent: `noticed by GitHub within ${minutes(silenceMinutes.azure * 60 + githubSchedule.everySeconds)} while its runs are on time`,
        }
      : {}),
  };
}

/** `145` as `2 min 25 s`. */
export function minutes(seconds: number): string {
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)} min${rest === 0 ? "" : ` ${rest} s`}`;
}

/** Seconds before GitHub is asked again when it failed for a moment. */
const retrySeconds = 5;

/** What both watchers are told, by the script's environment variables. Thresholds come apart: at GitHub they are variables. */
export function watchSettings(
  { name, channel, runbook, recoverAfter }: HeartbeatEntry,
  { polls, intervalSeconds }: WatchSchedule,
): Readonly<Record<string, string>> {
  return {
    TARGET: name,
    CHANNEL: channel,
    RUNBOOK: runbook,
    RECOVER_AFTER: String(recoverAfter),
    POLLS: String(polls),
    INTERVAL_SECONDS: String(intervalSeconds),
    POLL_TIMEOUT_SECONDS: String(pollTimeoutSeconds),
    RETRY_SECONDS: String(retrySeconds),
  };
}
