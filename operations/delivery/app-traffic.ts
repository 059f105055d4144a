import type { EngineEvent } from "../../deployment/engine-event";
import { currentType } from "../../lib/type-token";

/** One revision of a container app. */
export interface Revision {
  readonly name: string;
  /** When it was made; revisions are ordered by it. */
  readonly created: string;
  /** Whether it ever came up: one that failed is nothing to go back to. */
  readonly usable: boolean;
  /** Whether it has come up. One that sleeps because nobody asks has. */
  readonly ready: boolean;
}

/** What a cloud offers for sending an app's requests elsewhere. */
export interface RevisionTraffic {
  /** @param over ends the question. Default: the cloud's own time limit */
  revisions(appId: string, over?: AbortSignal): Promise<readonly Revision[]>;
  /** Gives one revision all requests, waking it up if it sleeps. */
  direct(appId: string, revision: string): Promise<void>;
}

/** An app that a deployment gave a new revision. */
export interface RevisedApp {
  readonly urn: string;
  /** Its Azure id. */
  readonly id: string;
  /** The revision it has now. */
  readonly revision: string;
}

const containerApp = "azure-native:app:ContainerApp";

/** The apps whose revision an `up` changed, from its events. A new app has nothing to go back to and is not among them. */
export function findRevisedApps(events: readonly EngineEvent[]): RevisedApp[] {
  const revised = new Map<string, RevisedApp>();
  for (const { resOutputsEvent } of events) {
    const step = resOutputsEvent?.metadata;
    if (step === undefined || currentType(step.type) !== containerApp || step.op !== "update") continue;
    const before = latestRevision(step.old?.outputs);
    const after = latestRevision(step.new?.outputs);
    const id = step.new?.id ?? "";
    if (after !== undefined && after !== before && id !== "") {
      revised.set(step.urn, { urn: step.urn, id, revision: after });
    }
  }
  return [...revised.values()];
}

function latestRevision(outputs: unknown): string | undefined {
  if (typeof outputs !== "object" || outputs === null || !("latestRevisionName" in outputs)) return undefined;
  return typeof outputs.latestRevisionName === "string" ? outputs.latestRevisionName : undefined;
}

/** The newest usable revision before this one; undefined when there is none. */
export function previousRevision(revisions: readonly Revision[], current: string): Revision | undefined {
  const now = revisions.find(({ name }) => name === current);
  return revisions
    .filter(({ name, usable, created }) => name !== current && usable && (now === undefined || created <= now.created))
    .sort((left, right) => (left.created < right.created ? 1 : -1))[0];
}

/** What became of one app when its traffic was to go back. */
export type TrafficReturn =
  | { readonly app: RevisedApp; readonly outcome: "returned"; readonly revision: string }
  | { readonly app: RevisedApp; readonly outcome: "failed"; readonly reason: string };

/** Gives each app's previous revision its traffic back. One that cannot be helped does not keep the others from it. */
export async function returnTraffic(apps: readonly RevisedApp[], traffic: RevisionTraffic): Promise<TrafficReturn[]> {
  return Promise.all(apps.map((app) => returnAppTraffic(app, traffic)));
}

async function returnAppTraffic(app: RevisedApp, traffic: RevisionTraffic): Promise<TrafficReturn> {
  try {
    const previous = previousRevision(await traffic.revisions(app.id), app.revision);
    if (previous === undefined) return { app, outcome: "failed", reason: "it has no earlier revision that ran" };
    await traffic.direct(app.id, previous.name);
    return { app, outcome: "returned", revision: previous.name };
  } catch (error) {
    return { app, outcome: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}
