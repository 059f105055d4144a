// Each watcher looks at when the other last watched, and says once when that is too long ago and once when it is over.
import { number, text } from "../environment.mjs";
import { tell } from "../slack.mjs";

/**
 * @param other who may be silent, for example GitHub
 * @param lastBeat when it last watched to the end of a run; undefined when it never did
 * @param memory whether people were told
 */
export async function noticeSilence(target, watcher, other, lastBeat, memory) {
  let last;
  let silent = true;
  let what = `${other} has never watched`;
  try {
    last = await lastBeat();
    if (last !== undefined) {
      silent = Date.now() - Date.parse(last) > number("SILENCE_MINUTES") * 60_000;
      what = `${other} last watched at ${last}`;
    }
  } catch (error) {
    // Not knowing is no better than silence; the run fails too, so that the other one notices.
    fail(error.message);
    what = `nobody can say when ${other} last watched`;
  }
  if (silent === (await wasTold(memory))) return;
  const message = silent
    ? `:warning: ${what}: ${target} is watched from ${watcher} only.`
    : `:large_green_circle: ${other} watches ${target} again.`;
  if (!(await tell(text("SLACK_WEBHOOK"), message))) return;
  try {
    await memory.remember(silent, message);
  } catch (error) {
    fail(`nobody will know that people were told that ${what}: ${error.message}`);
  }
}

/** Who cannot remember tells of a silence once more, and of its end not at all. */
async function wasTold(memory) {
  try {
    return await memory.wasTold();
  } catch (error) {
    fail(`nobody knows whether people were told of a silence: ${error.message}`);
    return false;
  }
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}
