import { digestOf, isRefusal } from "../delivery/app-traffic";
import { imageSource } from "./image-copy";
import type { StagingPlace } from "./release-conditions";
import { holdJournal, iso, isUnfinished, pollMilliseconds, type ReleaseJournal } from "./release-journal";
import { type ReleaseEnd, type ReleaseOrder, type ReleaseTools, release } from "./run-release";

/** What is released to a service. */
export interface ServiceOrder extends ReleaseOrder {
  readonly kind: "app" | "job";
  /** Where the digest runs before. Default: nowhere. */
  readonly staging?: StagingPlace | undefined;
  /** Of a job, whether it is run now. One with a schedule runs when that says so. */
  readonly runs: boolean;
  /** The Azure id of the job that dumps the databases before this one migrates them. Default: there is none. */
  readonly snapshot?: string | undefined;
}

/** Releases an image to a service. It comes from the registry where it was tried, when that is another. */
export async function releaseService(order: ServiceOrder, tools: ReleaseTools): Promise<ReleaseEnd> {
  const { service, image, appId, staging } = order;
  const copy = staging && (await imageSource(tools.cloud, image, appId, staging));
  if (copy !== undefined) {
    tools.say(`${service}: ${digestOf(image)} is copied from ${copy.from}`);
    try {
      await tools.cloud.copyImage(copy);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return { outcome: "refused", text: `it cannot be copied from ${copy.from}: ${error.message}` };
    }
  }
  return order.kind === "app" ? release(order, tools) : releaseJob(order, tools);
}

/**
 * Releases an image to a job and runs it, after a snapshot of what it may change: it migrates what the apps after it need. It is never
 * run backwards.
 */
async function releaseJob(order: ServiceOrder, tools: ReleaseTools): Promise<ReleaseEnd> {
  const { cloud, clock } = tools;
  return holdJournal(tools.journals, order.appId, async ({ found, write }) => {
    const before = (await cloud.running(order.appId)).image;
    const known = found !== undefined && isUnfinished(found) && found.image === order.image ? found : undefined;
    if (before === order.image && known === undefined) return { outcome: "unchanged", text: "it ran with that digest" };
    let journal: ReleaseJournal = known ?? {
      ...{ version: 1, phase: "releasing", image: order.image, by: order.by, began: iso(clock), canary: false },
      ...{ step: 0, failures: 0, stable: "", stableImage: before },
    };
    if (known !== undefined)
      tools.say(`${order.service}: goes on with the release that ${known.by} began ${known.began}`);
    await write(journal);
    if (order.runs && order.snapshot !== undefined && journal.snapshot === undefined) {
      const run = await cloud.start(order.snapshot);
      tools.say(`${order.service}: ${run} dumps the databases first`);
      if ((await endOf(order.snapshot, run, tools)) === "failed") {
        const why = `${run}, which dumps the databases first, failed; nothing was migrated`;
        await write({ ...journal, phase: "rolled-back", ended: iso(clock), why });
        return { outcome: "refused", text: why };
      }
      journal = { ...journal, snapshot: run };
      await write(journal);
    }
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
    if (!order.runs) return end("released", "it runs when its schedule says so");
    const run = await cloud.start(order.appId);
    tools.say(`${order.service}: ${run} runs`);
    return (await endOf(order.appId, run, tools)) === "succeeded"
      ? end("released", `${run} succeeded`)
      : end("rolled-back", `${run} failed; what it changed stays changed`);
  });
}

/** Waits until a run of a job is over. */
async function endOf(
  jobId: string,
  run: string,
  { cloud, clock, signal }: ReleaseTools,
): Promise<"succeeded" | "failed"> {
  for (;;) {
    const state = await cloud.state(jobId, run);
    if (state === "succeeded" || state === "failed") return state;
    await clock.wait(pollMilliseconds, signal);
  }
}
