import type { PropertyMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import type { World, WorldObject, WorldTransaction } from "../../../world/world";
import { fullInputsOfObject } from "../../input-diff";
import { ObjectLifecycle } from "../../object-lifecycle";
import { mapAt, mapsAt, numberAt, textAt, withValueAt } from "../../read-property";
import { azureBehaviour } from "..";
import { imageType, importImage, registryOfServer } from "../containerregistry";
import { resourceNotFound } from "../existing-resources";
import { containerApp, containerAppType, isKeptActive, isMultiple, revisionsOf } from "./container-app";
import { executionState, job, jobType, newestExecution, startJob } from "./job";

/** A revision as the service lists it. */
export interface ListedRevision {
  readonly name: string;
  readonly created: string;
  readonly usable: boolean;
  readonly ready: boolean;
  readonly image: string;
  readonly active: boolean;
}

interface Weight {
  readonly revision?: string;
  readonly weight: number;
}

/** How an image behaves that a release brought. `missing`: nobody pushed it. */
interface ImageBehaviour {
  readonly missing?: true;
  /** Its container ends at once, again and again. */
  readonly fails?: true;
  /** Seconds until it answers. Default: at once. */
  readonly readyAfter?: number;
  /** Requests a minute, of all that an app gets. Default: 600. */
  readonly requests?: number;
  /** From which share of the requests on, in percent, it answers a tenth of them with 5xx. Default: never. */
  readonly errorsFrom?: number;
}

/** Nobody builds images for the sandbox: the first three digits of a digest say what its image is like. Any others are of a good one. */
export const imageBehaviours: Readonly<Record<string, ImageBehaviour>> = {
  "404": { missing: true },
  fa1: { fails: true },
  bad: { readyAfter: Number.POSITIVE_INFINITY },
  "510": { readyAfter: 150 },
  e40: { errorsFrom: 40 },
  "0da": { requests: 0 },
};

function imageOf(service: PropertyMap): string {
  return mapsAt(service, "template.containers").map((container) => textAt(container, "image"))[0] ?? "";
}

function behaviourOf(image: string): ImageBehaviour {
  return imageBehaviours[/@sha256:(...)/.exec(image)?.[1] ?? ""] ?? {};
}

/**
 * What the service's own calls for revisions, traffic and runs do: those that no provider makes. Its time passes at once: who waits
 * for a minute has waited.
 */
export class EmulatedContainerApps {
  private waited = 0;

  /** @param clock milliseconds, to which what was waited is added. Default: the time of day */
  constructor(
    private readonly world: () => Promise<World>,
    private readonly clock: () => number = Date.now,
  ) {}

  now(): number {
    return this.clock() + this.waited;
  }

  async wait(milliseconds: number): Promise<void> {
    this.waited += milliseconds;
  }

  async revisions(appId: string): Promise<readonly ListedRevision[]> {
    return (await this.world()).transact((world) => this.listRevisions(world, requireApp(world, appId)));
  }

  private listRevisions(world: WorldTransaction, app: WorldObject): readonly ListedRevision[] {
    // The world keeps the order of creation.
    const listed = revisionsOf(world, app.id).map((revision, index) => {
      const image = textAt(revision.properties, "image") ?? "";
      const since = numberAt(revision.properties, "since") ?? Number.NEGATIVE_INFINITY;
      const { fails = false, readyAfter = 0 } = behaviourOf(image);
      return {
        name: textAt(revision.properties, "name") ?? "",
        created: String(index).padStart(6, "0"),
        usable: !fails,
        ready: !fails && this.now() - since >= readyAfter * 1000,
        image,
        active: isKeptActive(revision),
      };
    });
    // In mode `Single` the revision before serves on until the newest is ready.
    const serving = listed.findLast(({ ready }) => ready)?.name;
    return listed.map((one) => ({
      ...one,
      active: one.active || (!isMultiple(app.properties) && one.name === serving),
    }));
  }

  async direct(appId: string, revision: string): Promise<void> {
    await this.activate(appId, revision);
    await this.change(appId, { traffic: [{ revision, weight: 100 }] });
  }

  async running(id: string) {
    return (await this.world()).transact((world) => {
      const found = world.get(containerAppType, id) ?? world.get(jobType, id);
      if (found === undefined) throw resourceNotFound(id);
      const { properties, kind } = found;
      const revisions = kind === jobType ? [] : this.listRevisions(world, found);
      const ingress = mapAt(properties, "configuration.ingress");
      const splits =
        Object.keys(ingress).length > 0 &&
        textAt(ingress, "transport")?.toLowerCase() !== "tcp" &&
        textAt(ingress, "stickySessions.affinity") !== "sticky";
      return {
        image: imageOf(properties),
        splits,
        traffic: isMultiple(properties) ? weightsOf(properties) : undefined,
        registries: mapsAt(properties, "configuration.registries").flatMap((one) => textAt(one, "server") ?? []),
        latest: revisions.at(-1)?.name ?? "",
        latestReady: revisions.findLast(({ ready }) => ready)?.name ?? "",
      };
    });
  }

  /** A PATCH: what it does not name stays, lists are replaced. */
  async change(
    id: string,
    { image, traffic }: { readonly image?: string; readonly traffic?: readonly Weight[] | "newest" },
  ): Promise<void> {
    const world = await this.world();
    const found = await world.transact((change) => {
      if (image !== undefined) pushImage(change, image);
      return change.get(containerAppType, id) ?? change.get(jobType, id);
    });
    if (found === undefined) throw resourceNotFound(id);
    const rule = found.kind === jobType ? job : containerApp;
    let inputs = fullInputsOfObject(rule, found.id, found.properties);
    if (image !== undefined) inputs = withValueAt(inputs, ["template", "containers", 0, "image"], image);
    if (traffic !== undefined) {
      const mode = traffic === "newest" ? "Single" : "Multiple";
      const weights = traffic === "newest" ? [{ weight: 100 }] : traffic;
      inputs = withValueAt(inputs, ["configuration", "activeRevisionsMode"], mode);
      inputs = withValueAt(inputs, ["configuration", "ingress", "traffic"], weights.map(trafficEntry));
    }
    const config = { subscriptionId: id.split("/")[2] ?? "" };
    const urn = found.madeFor ?? "";
    await new ObjectLifecycle(world, azureBehaviour).update(rule, urn, found.id, inputs, found.properties, config);
    if (image === undefined || found.kind === jobType) return;
    await world.transact((change) => {
      const newest = revisionsOf(change, id).at(-1);
      if (newest !== undefined) change.put({ ...newest, properties: { ...newest.properties, since: this.now() } });
    });
  }

  async activate(appId: string, revision: string): Promise<void> {
    await (await this.world()).transact((world) => {
      requireApp(world, appId);
      const found = revisionsOf(world, appId).find(({ properties }) => textAt(properties, "name") === revision);
      if (found === undefined)
        throw new ServiceError("ContainerAppRevisionNotFound", `The revision '${revision}' does not exist.`, 404);
      world.put({ ...found, properties: { ...found.properties, active: true } });
    });
  }

  async answers(appId: string, revision: string, minutes: number) {
    return (await this.world()).transact((world) => {
      const app = requireApp(world, appId);
      const found = revisionsOf(world, appId).find(({ properties }) => textAt(properties, "name") === revision);
      const { requests: perMinute = 600, errorsFrom = 101 } = behaviourOf(
        textAt(found?.properties ?? {}, "image") ?? "",
      );
      const share = weightsOf(app.properties).find((entry) => entry.revision === revision)?.weight ?? 0;
      const requests = (minutes * perMinute * share) / 100;
      return { requests, errors: share >= errorsFrom ? requests / 10 : 0 };
    });
  }

  /** What a test or a person put into the world: nothing fires by itself. */
  async firingAlerts(groupId: string) {
    return (await this.world()).read((world) =>
      world
        .children(groupId)
        .filter(({ kind }) => kind === "azure-native:alertsmanagement:Alert")
        .map(({ properties }) => ({
          ...{ rule: textAt(properties, "rule") ?? "", severity: numberAt(properties, "severity") ?? 0 },
          ...{ target: textAt(properties, "target"), began: textAt(properties, "began") },
        })),
    );
  }

  /** What a test or a person put into the world: nobody asks the emulated apps anything. */
  async errorBudgets(groupId: string) {
    return (await this.world()).read((world) =>
      world
        .children(groupId)
        .filter(({ kind }) => kind === "azure-native:monitor:ErrorBudget")
        .map(({ properties }) => ({
          slo: textAt(properties, "slo") ?? "",
          service: textAt(properties, "service") ?? "",
          remaining: numberAt(properties, "remaining") ?? 0,
        })),
    );
  }

  async apps(subscription: string) {
    return (await this.world()).read((world) =>
      world
        .list(containerAppType)
        .filter(({ id }) => id.split("/")[2] === subscription)
        .map(({ id, properties }) => {
          const [container = {}] = mapsAt(properties, "template.containers");
          return {
            id,
            service: textAt(container, "name") ?? "",
            environment: textAt(properties, "tags.Environment") ?? "",
            image: textAt(container, "image") ?? "",
          };
        }),
    );
  }

  async copyImage({ image, from }: { readonly image: string; readonly from: string }): Promise<void> {
    await (await this.world()).transact((world) => importImage(world, image, from));
  }

  /** A text that is kept beside an app. Stands for a blob in the account of the state. */
  async readText(appId: string): Promise<string | undefined> {
    return (await this.world()).read((world) =>
      textAt(world.get(documentType, `${appId}/release`)?.properties ?? {}, "text"),
    );
  }

  /** Does work that nobody else does for that app meanwhile; of who was killed the hold ends. */
  async holdText<Result>(
    appId: string,
    refusal: () => Error,
    work: (write: (text: string) => Promise<void>) => Promise<Result>,
  ): Promise<Result> {
    const world = await this.world();
    const object = { cloud: "azure", kind: documentType, id: `${appId}/release` } as const;
    const write = (text: string) => world.transact((change) => change.put({ ...object, properties: { text } }));
    return world.occupy(`release ${appId}`, refusal, () => work(write));
  }

  /** Nothing is run: what the sandbox knows of it is whether the job could have come to its database server. */
  async start(jobId: string): Promise<string> {
    return (await this.world()).transact((world) =>
      startJob(world, jobId, ({ properties }) =>
        behaviourOf(imageOf(properties)).fails === true ? "its container ended with exit code 1" : undefined,
      ),
    );
  }

  async state(jobId: string, run: string): Promise<"succeeded" | "failed"> {
    return (await this.world()).read((world) => executionState(world, jobId, run));
  }

  async newest(jobId: string) {
    return (await this.world()).read((world) => {
      const run = newestExecution(world, jobId);
      return run === undefined ? undefined : { run, state: executionState(world, jobId, run) };
    });
  }
}

const documentType = "azure-native:app:ReleaseDocument";

/** An image is in its registry once a release names it, unless its digest says that it is missing. */
function pushImage(world: WorldTransaction, image: string): void {
  const [server = "", ...path] = image.split("/");
  const registry = behaviourOf(image).missing === true ? undefined : registryOfServer(world, server);
  if (registry !== undefined)
    world.put({ cloud: "azure", kind: imageType, id: `${registry.id}/images/${path.join("/")}`, properties: {} });
}

function trafficEntry({ revision, weight }: Weight): PropertyMap {
  return revision === undefined ? { latestRevision: true, weight } : { revisionName: revision, weight };
}

function weightsOf(app: PropertyMap): readonly Weight[] {
  return mapsAt(app, "configuration.ingress.traffic").map((entry) => {
    const revision = textAt(entry, "revisionName");
    return { ...(revision === undefined ? {} : { revision }), weight: numberAt(entry, "weight") ?? 0 };
  });
}

function requireApp(world: WorldTransaction, id: string): WorldObject {
  const app = world.get(containerAppType, id);
  if (app !== undefined) return app;
  throw resourceNotFound(id);
}
