import type { EngineEvent } from "../../deployment/engine-event";
import { valueAt } from "../../lib/property-path";
import { currentType } from "../../lib/type-token";
import type { JobRuns } from "./changed-jobs";

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

/** A revision with what it runs. */
export interface AppRevision extends Revision {
  readonly image: string;
  /** Whether it can be sent requests. One that is not is kept to go back to. */
  readonly active: boolean;
}

/** A share of an app's requests. */
export interface TrafficWeight {
  /** Default: whichever revision is the newest. */
  readonly revision?: string;
  /** Percent. */
  readonly weight: number;
}

/** An app or a job as it runs now. */
export interface RunningService {
  /** Of its template: what the next revision runs, too, unless it is changed. */
  readonly image: string;
  /** Whether its requests can be split between revisions: it answers HTTP, and visitors are not kept to one replica. */
  readonly splits: boolean;
  /** How they are split; undefined when the newest revision that is ready gets all. */
  readonly traffic: readonly TrafficWeight[] | undefined;
  /** The registries that it signs in to. */
  readonly registries: readonly string[];
  /** Its newest revision. Empty for a job. */
  readonly latest: string;
  /** Its newest revision that has come up. Empty for a job. */
  readonly latestReady: string;
}

/** What a release changes of an app or a job; everything else belongs to the program. */
export interface ServiceChange {
  readonly image?: string;
  /** `newest`: all requests go to the newest revision that is ready, and revisions without requests are put away. */
  readonly traffic?: readonly TrafficWeight[] | "newest";
}

/** How a revision answered. */
export interface Answers {
  readonly requests: number;
  /** Those of them that it answered with 5xx. */
  readonly errors: number;
}

/** An alert that fires. */
export interface FiringAlert {
  readonly rule: string;
  /** 0 is the worst, 4 the least. */
  readonly severity: number;
  /** The Azure id of what it is about. */
  readonly target?: string | undefined;
  /** ISO 8601. */
  readonly began?: string | undefined;
}

/** What is left of what may go wrong with a service before it breaks a promise. */
export interface ErrorBudget {
  /** The promise. @example "api-availability" */
  readonly slo: string;
  readonly service: string;
  /** Of 1, which is all of it; below 0 more is spent than there was. NaN where nothing was asked of the service. */
  readonly remaining: number;
}

/** An app as a list of a subscription's apps has it. */
export interface ListedApp {
  readonly id: string;
  /** The service's name in the inventory: its container's. */
  readonly service: string;
  readonly environment: string;
  readonly image: string;
}

/** What a release asks of a cloud. A change that the cloud refuses is thrown with its HTTP status. */
export interface ReleaseCloud extends JobRuns {
  running(id: string): Promise<RunningService>;
  revisions(appId: string): Promise<readonly AppRevision[]>;
  /** All at once, and waits until the cloud has taken it. */
  change(id: string, change: ServiceChange): Promise<void>;
  activate(appId: string, revision: string): Promise<void>;
  /** How a revision answered in the last minutes. */
  answers(appId: string, revision: string, minutes: number): Promise<Answers>;
  /** The alerts that fire about what is in a resource group. */
  firingAlerts(groupId: string): Promise<readonly FiringAlert[]>;
  /** The error budgets that the metrics of a resource group keep; none where it collects no metrics. */
  errorBudgets(groupId: string): Promise<readonly ErrorBudget[]>;
  /** The apps of a subscription, by its id without a path. */
  apps(subscription: string): Promise<readonly ListedApp[]>;
  /** Copies an image between registries of ours; the digest stays, and what is there already stays, too. */
  copyImage(copy: ImageCopy): Promise<void>;
}

/** An image that comes from another registry. */
export interface ImageCopy {
  /** As it is named afterwards. @example "latticeforgeprod.azurecr.io/api@sha256:…" */
  readonly image: string;
  /** The host of the registry that has it. */
  readonly from: string;
  /** The subscriptions of both registries, by their ids. */
  readonly subscriptions: { readonly image: string; readonly from: string };
}

/** An app or a job that a stack deployed, from its state. */
export interface DeployedService {
  readonly name: string;
  readonly kind: "app" | "job";
  readonly urn: string;
  /** Its Azure id. */
  readonly id: string;
}

/** The apps and jobs of an exported state, by their logical names. */
export function deployedServices(state: unknown): ReadonlyMap<string, DeployedService> {
  const resources = valueAt(state, ["deployment", "resources"]);
  const found = (Array.isArray(resources) ? resources : []).flatMap((resource: unknown): DeployedService[] => {
    const [type, urn, id] = ["type", "urn", "id"].map((key) => valueAt(resource, [key]));
    if (typeof type !== "string" || typeof urn !== "string" || typeof id !== "string") return [];
    const kind = currentType(type) === containerApp ? "app" : currentType(type) === containerJob ? "job" : undefined;
    return kind === undefined ? [] : [{ name: urn.split("::").at(-1) ?? "", kind, urn, id }];
  });
  return new Map(found.map((service) => [service.name, service]));
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
const containerJob = "azure-native:app:Job";

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

/** The revision that answers most requests. */
export function servingRevision({ traffic, latest, latestReady }: RunningService): string {
  if (traffic === undefined || traffic.length === 0) return latestReady;
  const [most] = [...traffic].sort((one, other) => other.weight - one.weight);
  return most?.revision ?? latest;
}

/** The newest last. */
export function inOrder(revisions: readonly AppRevision[]): readonly AppRevision[] {
  return [...revisions].sort((one, other) => (one.created < other.created ? -1 : 1));
}

/** Whether the cloud will never take a change; too many requests, a conflict and no answer pass. */
export function isRefusal(error: unknown): error is Error {
  if (!(error instanceof Error) || !("status" in error) || typeof error.status !== "number") return false;
  return error.status >= 400 && error.status < 500 && ![408, 409, 429].includes(error.status);
}

/** @example digestOf("x.azurecr.io/api@sha256:ab…") // "sha256:ab…" */
export function digestOf(image: string): string {
  return image.split("@")[1] ?? image;
}

/**
 * The revision that a rollback by hand goes to, or why it cannot.
 *
 * @param revisions the newest last
 * @param to its name. Default: the newest before with another image
 */
export function rollbackTarget(
  revisions: readonly AppRevision[],
  app: RunningService,
  to: string | undefined,
): AppRevision | string {
  const known = revisions.map(({ name }) => name).join(", ");
  const target =
    to === undefined
      ? revisions.findLast(({ image, usable }) => usable && image !== app.image)
      : revisions.find(({ name }) => name === to);
  if (target === undefined) {
    return to === undefined
      ? `it has no earlier revision with another image; there are ${known}`
      : `it has no revision "${to}"; there are ${known}`;
  }
  if (target.image === app.image)
    return `${target.name} runs the image that runs now; what else differs belongs to the program, and goes back with its change`;
  return target;
}
