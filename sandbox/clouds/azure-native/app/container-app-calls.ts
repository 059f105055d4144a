import type { PropertyMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import type { World, WorldObject, WorldTransaction } from "../../../world/world";
import { mapAt, mapsAt, textAt } from "../../read-property";
import { nameOfId, parentOfId } from "../arm-id";
import { signInProblem } from "../dbforpostgresql/sign-in";
import { assignedIdentities } from "../managedidentity";
import { identityType } from "../principals";
import { containerAppType, revisionType } from "./container-app";
import { environmentIdOf } from "./identity-access";
import { jobType } from "./job";

const environmentType = "azure-native:app:ManagedEnvironment";

/** A revision as the service lists it. */
export interface ListedRevision {
  readonly name: string;
  readonly created: string;
  readonly usable: boolean;
  readonly ready: boolean;
}

/** What the service's own calls for revisions and runs do: those that no provider makes. */
export class EmulatedContainerApps {
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

  /** Nothing is run: what the sandbox knows of it is whether the job could have come to its database server. */
  async start(jobId: string): Promise<string> {
    return (await this.world()).transact((world) => startJob(world, jobId));
  }

  async state(jobId: string, run: string): Promise<"succeeded" | "failed"> {
    return (await this.world()).transact((world) => {
      const status = textAt(world.get(executionType, `${jobId}/executions/${run}`)?.properties ?? {}, "status");
      return status === "Succeeded" ? "succeeded" : "failed";
    });
  }
}

/** A run of a job. The world keeps how many there were. */
const executionType = "azure-native:app:JobExecution";

function startJob(world: WorldTransaction, jobId: string): string {
  const job = world.get(jobType, jobId);
  if (job === undefined) throw new ServiceError("ResourceNotFound", `The Resource '${jobId}' was not found.`, 404);
  const runs = world.children(jobId).filter(({ kind }) => kind === executionType);
  const name = `${nameOfId(jobId)}-${String(runs.length + 1).padStart(7, "0")}`;
  const problem = databaseProblem(world, job);
  const ended: PropertyMap = problem === undefined ? { status: "Succeeded" } : { status: "Failed", reason: problem };
  world.put({ cloud: "azure", kind: executionType, id: `${jobId}/executions/${name}`, properties: { name, ...ended } });
  return name;
}

/** Why a job cannot sign in to the database server of which a variable is the address; undefined when it can, or none is. */
function databaseProblem(world: WorldTransaction, { properties }: WorldObject): string | undefined {
  const variables = mapsAt(properties, "template.containers").flatMap((container) => mapsAt(container, "env"));
  const [, user, host] =
    variables
      .map((one) => /^postgresql:\/\/([^@/]+)@([^:/]+):\d+$/.exec(textAt(one, "value") ?? "") ?? [])
      .find((parts) => parts.length > 0) ?? [];
  if (host === undefined || user === undefined) return undefined;
  const environment = world.get(environmentType, environmentIdOf(properties) ?? "")?.properties ?? {};
  const subnet = textAt(environment, "vnetConfiguration.infrastructureSubnetId");
  const [identity = ""] = assignedIdentities(properties);
  const principalId = textAt(world.get(identityType, identity)?.properties ?? {}, "principalId");
  return signInProblem(world, { host, user, principalId, networkId: subnet && parentOfId(subnet) });
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
