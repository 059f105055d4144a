import { pollTimeoutSeconds, type WatchSchedule } from "./detection";
import type { HeartbeatEntry } from "./schema";

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
