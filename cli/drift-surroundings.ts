import { RemoteStackNotFoundError } from "../deployment/automation/automation-errors";
import type { OperationLog } from "../deployment/display/operation-log";
import { StackNotFoundError } from "../deployment/project/project-error";
import { loadProject } from "../deployment/project/project-file";
import { type DeployedResource, readDeployedResources } from "../operations/drift/deployment-state";
import type { SourceLine } from "../operations/drift/drift-finding";
import { isFailoverName, type PrimaryAddress } from "../operations/drift/failover-names";
import { listInventoriedIds, type UnmanagedRequest } from "../operations/drift/unmanaged";
import { resourceLocator, stackSources } from "../operations/report/source-location";
import { stackDefinitions } from "../stacks/registry";
import type { CommandContext } from "./command";
import type { DeploymentEngine } from "./engines/deployment-engine";
import { projectDirectory } from "./project-root";

/** How to list what is in a stack's places and whose it is. Another project's stacks are not known here: its own state decides alone. */
export function ownPlaces(
  context: CommandContext,
  { inventory }: DeploymentEngine,
): Omit<UnmanagedRequest, "deployed"> {
  const isOwn = context.options.cwd === undefined;
  const others = isOwn ? stackDefinitions.map(({ name }) => name).filter((name) => name !== context.stack) : [];
  return {
    lister: inventory,
    otherStates: async () => {
      const found: DeployedResource[] = [];
      for (const stack of others) found.push(...(await deployedIn(context, stack)));
      return found;
    },
    inventoried: isOwn ? listInventoriedIds() : new Set(),
  };
}

/** A stack that nobody has deployed yet owns nothing. Any other trouble ends the command: what it owns would look like nobody's. */
async function deployedIn(context: CommandContext, stack: string): Promise<readonly DeployedResource[]> {
  try {
    const engine = await context.open(stack);
    try {
      return readDeployedResources(await engine.exportedState());
    } finally {
      await engine.close();
    }
  } catch (error) {
    if (error instanceof StackNotFoundError || error instanceof RemoteStackNotFoundError) return [];
    throw error;
  }
}

/** What the stack's failover name has to be compared with; nothing for a stack without one. The sandbox's store holds no lease. */
export async function primaryAddressFor(
  { engine, say }: CommandContext,
  deployed: readonly DeployedResource[],
): Promise<PrimaryAddress | undefined> {
  if (!deployed.some(isFailoverName)) return undefined;
  const { primaryAddress }: typeof import("../operations/failover/primary-address") =
    require("../operations/failover/primary-address");
  const address = primaryAddress(engine === "sandbox" ? { kind: "missing" } : await readLease());
  if (address.kind === "unknown") say(`the failover name is not compared with the lease: ${address.why}`);
  return address;
}

/** Loaded when needed: the store's client is large, and only the hosts' stack has a lease. */
function readLease() {
  const reader: typeof import("../operations/failover/primary-address") = require("../operations/failover/primary-address");
  return reader.readLease();
}

/** The line that made a resource: of those in the program by the preview, of the others by what the state knew of them. */
export function resourceLines(
  { options, stack }: CommandContext,
  preview: OperationLog,
  refresh: OperationLog,
): (urn: string) => SourceLine | undefined {
  const { project } = loadProject(projectDirectory(options));
  const sources = stackSources(project.root, stack, project.main);
  const [declared, deployed] = [resourceLocator(preview, sources), resourceLocator(refresh, sources)];
  return (urn) => (preview.rows.has(urn) ? declared(urn) : deployed(urn));
}
