import { isRefusal } from "../delivery/app-traffic";
import { holdJournal, isUnfinished, type ReleaseJournal } from "./release-journal";
import { iso, pollMilliseconds, type ReleaseEnd, type ReleaseOrder, type ReleaseTools } from "./run-release";

/** Releases an image to a job and runs it: it migrates what the apps after it need. It is never run backwards. */
export async function releaseJob(order: ReleaseOrder, tools: ReleaseTools): Promise<ReleaseEnd> {
  const { cloud, clock, signal } = tools;
  return holdJournal(tools.journals, order.appId, async ({ found, write }) => {
    const before = (await cloud.running(order.appId)).image;
    const known = found !== undefined && isUnfinished(found) && found.image === order.image ? found : undefined;
    if (before === order.image && known === undefined) return { outcome: "unchanged", text: "it ran with that digest" };
    const journal: ReleaseJournal = known ?? {
      ...{ version: 1, phase: "releasing", image: order.image, by: order.by, began: iso(clock), canary: false },
      ...{ step: 0, failures: 0, stable: "", stableImage: before },
    };
    if (known !== undefined)
      tools.say(`${order.service}: goes on with the release that ${known.by} began ${known.began}`);
    await write(journal);
    const end = async (phase: "released" | "rolled-back", text: string): Promise<ReleaseEnd> => {
      if (phase === "rolled-back") await cloud.change(order.appId, { image: journal.stableImage });
      await write({ ...journal, phase, ended: iso(clock), ...(phase === "released" ? {} : { why: text }) });
      return { outcome: phase, text };
    };
    try {
      if (before !== order.image) await cloud.change(order.appId, { image: order.image });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return end("rolled-back", `Azure refuses it: ${error.message}`);
    }
    const run = await cloud.start(order.appId);
    tools.say(`${order.service}: ${run} runs`);
    for (;;) {
      const state = await cloud.state(order.appId, run);
      if (state === "succeeded") return end("released", `${run} succeeded`);
      if (state === "failed") return end("rolled-back", `${run} failed; what it changed stays changed`);
      await clock.wait(pollMilliseconds, signal);
    }
  });
}
