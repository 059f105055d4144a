import type { CanaryPlan } from "../../stacks/inventory/files";
import {
  type AppRevision,
  digestOf,
  inOrder,
  isRefusal,
  type ReleaseCloud,
  type RunningService,
  rollbackTarget,
  servingRevision,
} from "../delivery/app-traffic";
import type { WindowTools } from "../maintenance/maintenance-window";
import { measurementProblem } from "./release-conditions";
import {
  type Clock,
  type HeldJournal,
  holdJournal,
  iso,
  isUnfinished,
  type JournalStore,
  placeIn,
  pollMilliseconds,
  type ReleaseJournal,
} from "./release-journal";
import { inMaintenance } from "./released-in-window";

/** What releases work with. */
export interface ReleaseTools extends Pick<WindowTools, "alerts" | "tellKeptBack"> {
  readonly cloud: ReleaseCloud;
  readonly journals: JournalStore;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** A line for a person. */
  readonly say: (line: string) => void;
}

/** An app of which something is asked. */
interface AppOrder {
  /** The service's name, for messages. */
  readonly service: string;
  readonly appId: string;
  /** Who asks. */
  readonly by: string;
  /** How long a new revision may take to come up. */
  readonly readyMinutes: number;
}

export interface ReleaseOrder extends AppOrder {
  /** With its registry and digest. */
  readonly image: string;
  /** Whether requests are moved by the plan's steps. Otherwise the new revision gets all at once, when it is up. */
  readonly canary: boolean;
  /** The system's steps. Default: it has none. */
  readonly plan?: CanaryPlan | undefined;
  /** Gates that were set aside, and why. */
  readonly overrides?: readonly string[] | undefined;
}

export interface RollbackOrder extends AppOrder {
  /** The revision that serves again. Default: the newest before with another image. */
  readonly to?: string | undefined;
}

/**
 * How it ended. `refused`: nothing was changed. `half`: requests are answered as before, but the app cannot be put in order yet; run it
 * again.
 */
export interface ReleaseEnd {
  readonly outcome: "released" | "unchanged" | "rolled-back" | "half" | "refused";
  readonly text: string;
}

/**
 * Releases an image to an app: a new revision, without requests until it is up; then the requests, step by step, while its answers are
 * measured; back to the revision before when it does not come up or does not answer well. Interrupted anywhere, the same order goes on.
 *
 * @throws {ReleaseUnderWay} when somebody else moves that app's requests
 */
export function release(order: ReleaseOrder, tools: ReleaseTools): Promise<ReleaseEnd> {
  return holdJournal(tools.journals, order.appId, async (held) => {
    const { found } = held;
    const app = await tools.cloud.running(order.appId);
    if (found !== undefined && isUnfinished(found)) {
      const { phase, image, by, began, canary } = found;
      if (phase === "rolling-back") {
        tools.say(`${order.service}: goes on rolling back ${digestOf(image)}, released by ${by} since ${began}`);
        return new Rollout(order, tools, held, found).back(found.why ?? "");
      }
      if (image !== order.image || (canary && order.plan === undefined)) {
        const text = `the release of ${digestOf(image)} by ${by}, begun ${began}, was interrupted; go on with it, or roll it back`;
        return { outcome: "refused", text };
      }
      tools.say(
        `${order.service}: goes on with the release that ${by} began ${began}, ${placeIn(found, order.plan?.steps ?? [])}`,
      );
      return new Rollout(order, tools, held, found).forward(canary ? order.plan : undefined);
    }
    const serving = servingRevision(app);
    // What an `up` took the requests from may run the same image: nobody could tell it from a revision to go back to.
    if (serving !== app.latest && app.traffic !== undefined) {
      const text = `${serving} has its requests and not the newest revision, ${app.latest}: the smoke checks of an up took them back. Mend that by an up first`;
      return { outcome: "refused", text };
    }
    if (app.image === order.image) return { outcome: "unchanged", text: "it runs that digest" };
    const stableImage = (await findRevision(tools.cloud, order.appId, serving))?.image ?? app.image;
    const journal: ReleaseJournal = {
      ...{ version: 1, phase: "releasing", image: order.image, by: order.by, began: iso(tools.clock) },
      ...{ canary: order.canary, step: 0, failures: 0, stable: serving, stableImage },
      ...(order.overrides === undefined || order.overrides.length === 0 ? {} : { overrides: [...order.overrides] }),
    };
    await held.write(journal);
    return new Rollout(order, tools, held, journal).forward(order.canary ? order.plan : undefined);
  });
}

/**
 * Gives an earlier revision all requests again, and puts its image into the app's template: of a release that is unfinished, the
 * revision before it.
 *
 * @throws {ReleaseUnderWay} when somebody else moves that app's requests
 */
export function rollBack(order: RollbackOrder, tools: ReleaseTools): Promise<ReleaseEnd> {
  return holdJournal(tools.journals, order.appId, async (held) => {
    const { found } = held;
    const unfinished = found !== undefined && isUnfinished(found) ? found : undefined;
    if (unfinished !== undefined && (order.to === undefined || order.to === unfinished.stable)) {
      return new Rollout(order, tools, held, unfinished).back(unfinished.why ?? `${order.by} asked for it`);
    }
    const app = await tools.cloud.running(order.appId);
    const revisions = inOrder(await tools.cloud.revisions(order.appId));
    const target = rollbackTarget(revisions, app, order.to);
    if (typeof target === "string") return { outcome: "refused", text: target };
    const journal: ReleaseJournal = {
      ...{ version: 1, phase: "rolling-back", image: app.image, by: order.by, began: iso(tools.clock) },
      ...{ canary: false, step: 0, failures: 0, stable: target.name, stableImage: target.image },
    };
    return new Rollout(order, tools, held, journal).back(`${order.by} asked for it`);
  });
}

/** One app's release while it is worked on. */
class Rollout {
  constructor(
    private readonly order: AppOrder & { readonly image?: string },
    private readonly tools: ReleaseTools,
    private readonly held: HeldJournal,
    private journal: ReleaseJournal,
  ) {}

  forward(canary: CanaryPlan | undefined): Promise<ReleaseEnd> {
    const minutes = (canary?.steps.length ?? 0) * (canary?.stepMinutes ?? 0);
    return inMaintenance(this.order, minutes, this.tools, () => this.goForward(canary));
  }

  back(why: string): Promise<ReleaseEnd> {
    return inMaintenance(this.order, 0, this.tools, () => this.goBack(why));
  }

  private async goForward(canary: CanaryPlan | undefined): Promise<ReleaseEnd> {
    const { cloud } = this.tools;
    const { appId } = this.order;
    const { image, stable } = this.journal;
    const app = await cloud.running(appId);
    if (app.image !== image) {
      const split = app.splits ? { traffic: [{ revision: stable, weight: 100 }, { weight: 0 }] } : {};
      try {
        await cloud.change(appId, { image, ...split });
      } catch (error) {
        if (!isRefusal(error)) throw error;
        return this.goBack(`Azure refuses it: ${error.message}`);
      }
    }
    const revision = (await cloud.running(appId)).latest;
    await this.note({ revision });
    this.say(`${revision} is made; waits until it is up`);
    const notUp = await this.untilUp(revision);
    if (notUp !== undefined) return this.goBack(notUp);
    if (app.splits) {
      for (const [index, weight] of (canary?.steps ?? []).entries()) {
        if (canary === undefined || index < this.journal.step) continue;
        await cloud.change(appId, {
          traffic: [
            { revision: stable, weight: 100 - weight },
            { revision, weight },
          ],
        });
        this.say(`${weight} % of the requests go to ${revision}, for ${canary.stepMinutes} minutes`);
        const bad = await this.watch(canary, index, revision);
        if (bad !== undefined) return this.goBack(bad);
        await this.note({ step: index + 1 });
      }
      const late = await this.giveAll();
      if (late !== undefined) return this.goBack(late);
    }
    await this.note({ phase: "released", ended: iso(this.tools.clock) });
    return { outcome: "released", text: `${digestOf(image)} serves all requests` };
  }

  /** The revision before gets all requests at once; then its image becomes the app's again, by a new revision that is waited for. */
  private async goBack(why: string): Promise<ReleaseEnd> {
    const { cloud } = this.tools;
    const { appId } = this.order;
    const { stable, stableImage } = this.journal;
    await this.note({ phase: "rolling-back", why });
    this.say(`rolls back: ${why}`);
    const app = await cloud.running(appId);
    const others = app.latest === stable ? [] : [{ weight: 0 }];
    const all = { traffic: [{ revision: stable, weight: 100 }, ...others] };
    const known = await findRevision(cloud, appId, stable);
    if (app.splits && known !== undefined && (app.traffic !== undefined || app.image !== stableImage)) {
      const asleep = known.active ? undefined : await this.wake(app);
      if (asleep !== undefined) return { outcome: "half", text: `${asleep}; it rolls back because ${why}` };
      await cloud.change(appId, all);
      this.say(`${stable} serves all requests`);
    }
    if (app.image !== stableImage) {
      const split =
        app.splits && known !== undefined ? { traffic: [{ revision: stable, weight: 100 }, { weight: 0 }] } : {};
      await cloud.change(appId, { image: stableImage, ...split });
    }
    const late = await this.untilUp((await cloud.running(appId)).latest);
    if (late !== undefined) return { outcome: "half", text: `${late}; it rolls back because ${why}` };
    if (app.splits) await this.giveAll();
    await this.note({ phase: "rolled-back", ended: iso(this.tools.clock) });
    return { outcome: "rolled-back", text: `${digestOf(stableImage)} serves all requests again: ${why}` };
  }

  /** Only several active revisions can be there while one is woken up: what serves now keeps its requests until then. */
  private async wake(app: RunningService): Promise<string | undefined> {
    const { cloud } = this.tools;
    const { appId } = this.order;
    if (app.traffic === undefined) await cloud.change(appId, { traffic: [{ revision: app.latestReady, weight: 100 }] });
    await cloud.activate(appId, this.journal.stable);
    return this.untilUp(this.journal.stable);
  }

  /**
   * The newest revision gets all requests, and the others are put away: mode `Single`, as the program has it. An `up` may have made
   * one more meanwhile, so it is waited for.
   *
   * Only with all requests there: of another revision Azure keeps the old one running and switches the newest off
   * (microsoft/azure-container-apps#679).
   *
   * @returns why it cannot have them
   */
  private async giveAll(): Promise<string | undefined> {
    const { latest } = await this.tools.cloud.running(this.order.appId);
    const problem = await this.untilUp(latest);
    if (problem !== undefined) return problem;
    const { traffic } = await this.tools.cloud.running(this.order.appId);
    if (traffic === undefined) return undefined;
    await this.tools.cloud.change(this.order.appId, { traffic: [{ revision: latest, weight: 100 }] });
    await this.tools.cloud.change(this.order.appId, { traffic: "newest" });
    return undefined;
  }

  /** Measures a step until it is over. @returns why the release goes back */
  private async watch(canary: CanaryPlan, step: number, revision: string): Promise<string | undefined> {
    const { analysis, stepMinutes } = canary;
    for (let minute = 0; minute < stepMinutes; minute += analysis.everyMinutes) {
      const pause = Math.min(analysis.everyMinutes, stepMinutes - minute);
      await this.tools.clock.wait(pause * 60_000, this.tools.signal);
      if (step + 1 < analysis.fromStep) continue;
      const problem = await measurementProblem(this.tools.cloud, this.order.appId, revision, analysis);
      if (problem === undefined) continue;
      await this.note({ failures: this.journal.failures + 1 });
      this.say(`measurement ${this.journal.failures} of ${analysis.failures} that may fail: ${problem}`);
      if (this.journal.failures >= analysis.failures) return `at ${canary.steps[step]} %, ${problem}`;
    }
    return undefined;
  }

  /** @returns why a revision is not up */
  private async untilUp(revision: string): Promise<string | undefined> {
    const { clock, cloud, signal } = this.tools;
    const end = clock.now() + this.order.readyMinutes * 60_000;
    for (;;) {
      const found = await findRevision(cloud, this.order.appId, revision);
      if (found?.ready === true) return undefined;
      if (found?.usable === false) return `${revision} has failed`;
      if (clock.now() >= end) return `${revision} has not come up within ${this.order.readyMinutes} minutes`;
      await clock.wait(pollMilliseconds, signal);
    }
  }

  private async note(change: Partial<ReleaseJournal>): Promise<void> {
    this.tools.signal?.throwIfAborted();
    this.journal = { ...this.journal, ...change };
    await this.held.write(this.journal);
  }

  private say(line: string): void {
    this.tools.say(`${this.order.service}: ${line}`);
  }
}

async function findRevision(cloud: ReleaseCloud, appId: string, name: string): Promise<AppRevision | undefined> {
  return (await cloud.revisions(appId)).find((one) => one.name === name);
}
