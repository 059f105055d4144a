// Each watcher checks when the other last finished a run, reports once that this is too long ago, and once that it is over.
import { fail, messageOf, number, tell } from "../job";

/** Whether people were told that the other watcher is silent. */
export interface SilenceMemory {
  wasTold(): Promise<boolean>;
  remember(silent: boolean, message: string): Promise<void>;
}

/** A watcher and the other one, which may be silent. */
export interface Watchers {
  /** What both watch. */
  readonly target: string;
  /** @example "Azure" */
  readonly watcher: string;
  /** @example "GitHub" */
  readonly other: string;
  /** When the other last watched to the end of a run; undefined when it never did. */
  readonly lastBeat: () => Promise<string | undefined>;
}

/** Tells people when the other watcher falls silent and when it is back, each once. */
export async function noticeSilence(watchers: Watchers, memory: SilenceMemory): Promise<void> {
  const { target, watcher, other } = watchers;
  const { silent, what } = await judgeOther(watchers);
  if (silent === (await wasTold(memory))) return;
  const message = silent
    ? `:warning: ${what}: ${target} is watched from ${watcher} only.`
    : `:large_green_circle: ${other} watches ${target} again.`;
  if (!(await tell("SLACK_WEBHOOK", message))) return;
  try {
    await memory.remember(silent, message);
  } catch (error) {
    fail(`nobody will know that people were told that ${what}: ${messageOf(error)}`);
  }
}

async function judgeOther({ other, lastBeat }: Watchers): Promise<{ readonly silent: boolean; readonly what: string }> {
  try {
    const last = await lastBeat();
    if (last === undefined) return { silent: true, what: `${other} has never watched` };
    const silent = Date.now() - Date.parse(last) > number("SILENCE_MINUTES") * 60_000;
    return { silent, what: `${other} last watched at ${last}` };
  } catch (error) {
    // Not knowing is no better than silence; the run fails too, so that the other one notices.
    fail(messageOf(error));
    return { silent: true, what: `nobody can say when ${other} last watched` };
  }
}

/** Without the stored flag, a silence is reported again and its end is not. */
async function wasTold(memory: SilenceMemory): Promise<boolean> {
  try {
    return await memory.wasTold();
  } catch (error) {
    fail(`nobody knows whether people were told of a silence: ${messageOf(error)}`);
    return false;
  }
}
