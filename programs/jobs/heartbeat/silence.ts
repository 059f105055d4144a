// What runs by the clock is asked when it last did; that this is too long ago is told once, and once that it is over.
import { fail, messageOf, tell } from "../job";

/** Whether people were told that something is silent. */
export interface SilenceMemory {
  wasTold(): Promise<boolean>;
  remember(silent: boolean, message: string): Promise<void>;
}

/** Something that runs by the clock, and may be silent. */
export interface Beating {
  /** @example "Azure" */
  readonly who: string;
  /** What it does by the clock. @example "watched" */
  readonly did: string;
  readonly silenceMinutes: number;
  /** When it last did it to the end; undefined when it never did. */
  readonly lastBeat: () => Promise<string | undefined>;
  /** What follows from its silence. @example "anvil is watched from GitHub only" */
  readonly consequence: string;
  /** @example "Azure watches anvil again" */
  readonly isBack: string;
}

/** Tells people when it falls silent and when it is back, each once. */
export async function noticeSilence(beating: Beating, memory: SilenceMemory): Promise<void> {
  const { silent, what } = await judge(beating);
  if (silent === (await wasTold(memory))) return;
  const message = silent ? `:warning: ${what}: ${beating.consequence}.` : `:large_green_circle: ${beating.isBack}.`;
  if (!(await tell("SLACK_WEBHOOK", message))) return;
  try {
    await memory.remember(silent, message);
  } catch (error) {
    fail(`nobody will know that people were told that ${what}: ${messageOf(error)}`);
  }
}

async function judge({
  who,
  did,
  silenceMinutes,
  lastBeat,
}: Beating): Promise<{ readonly silent: boolean; readonly what: string }> {
  try {
    const last = await lastBeat();
    if (last === undefined) return { silent: true, what: `${who} has never ${did}` };
    const silent = Date.now() - Date.parse(last) > silenceMinutes * 60_000;
    return { silent, what: `${who} last ${did} at ${last}` };
  } catch (error) {
    // Not knowing is no better than silence; the run fails too, so that the other one notices.
    fail(messageOf(error));
    return { silent: true, what: `nobody can say when ${who} last ${did}` };
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
