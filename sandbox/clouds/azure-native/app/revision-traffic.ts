import type { PropertyMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import type { World, WorldObject, WorldTransaction } from "../../../world/world";
import { mapAt, textAt } from "../../read-property";
import { containerAppType, revisionType } from "./container-app";

/** A revision as the service lists it. */
export interface ListedRevision {
  readonly name: string;
  readonly created: string;
  readonly usable: boolean;
  readonly ready: boolean;
}

/** What the service's own calls for revisions do: those that no provider makes. */
export class EmulatedRevisionTraffic {
  constructor(private readonly world: () => Promise<World>) {}

  async revisions(appId: string): Promise<readonly ListedRevision[]> {
    return (await this.world()).transact((world) => {
      requireApp(world, appId);
      // The world keeps the order of creation and no times.
      return revisionsOf(world, appId).map(({ properties }, index) => ({
        name: textAt(properties, "name") ?? "",
        created: String(index).padStart(6, "0"),
        usable: true,
        ready: true,
      }));
    });
  }

  async direct(appId: string, revision: string): Promise<void> {
    await (await this.world()).transact((world) => {
      const app = requireApp(world, appId);
      if (!revisionsOf(world, appId).some(({ properties }) => textAt(properties, "name") === revision)) {
        throw new ServiceError("ContainerAppRevisionNotFound", `The revision '${revision}' does not exist.`, 404);
      }
      world.put({ ...app, properties: withTraffic(app.properties, revision) });
    });
  }
}

function requireApp(world: WorldTransaction, id: string): WorldObject {
  const app = world.get(containerAppType, id);
  if (app !== undefined) return app;
  throw new ServiceError("ResourceNotFound", `The Resource '${id}' was not found.`, 404);
}

function revisionsOf(world: WorldTransaction, appId: string): readonly WorldObject[] {
  return world.children(appId).filter(({ kind }) => kind === revisionType);
}

/** Only an app with several active revisions can send its requests to one by name. */
function withTraffic(properties: PropertyMap, revision: string): PropertyMap {
  const configuration = mapAt(properties, "configuration");
  const ingress = { ...mapAt(configuration, "ingress"), traffic: [{ revisionName: revision, weight: 100 }] };
  return { ...properties, configuration: { ...configuration, activeRevisionsMode: "Multiple", ingress } };
}
