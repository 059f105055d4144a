import { OperationLog } from "../../../deployment/display/operation-log";
import type { EngineEvent } from "../../../deployment/engine-event";
import { loadPolicyPack } from "../../../deployment/policies/load-policy-pack";
import { readDeployedResources } from "../../../operations/drift/deployment-state";
import { type DriftReport, findDrift } from "../../../operations/drift/find-drift";
import { readNoise } from "../../../operations/drift/noise";
import { WorldInventory } from "../../../sandbox/world/world-inventory";
import { expectedObjects } from "../../../stacks/alai/alai-hosts";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";
import { stackDefinitions } from "../../../stacks/registry";
import { type AlaiWorld, repositoryRoot } from "../../stacks/alai-world";

/** What `npm run drift` finds for one of ALAI's stacks in an emulated world in memory. */
export async function alaiDrift(alai: AlaiWorld, stack: string): Promise<DriftReport> {
  const refresh = await alai.run("refresh", stack, true);
  const preview = await alai.run("preview", stack);
  for (const { result, messages } of [refresh, preview]) {
    if (result !== "succeeded") throw new Error(`${stack} ${result}:\n${messages.join("\n")}`);
  }
  const others = stackDefinitions.map(({ name }) => name).filter((name) => name !== stack);
  const policies = [await loadPolicyPack(`${repositoryRoot}/policies`)];
  return findDrift({
    stack,
    refresh: logOf(refresh.events),
    preview: logOf(preview.events),
    deployed: readDeployedResources(await alai.exportedState(stack)),
    unmanaged: {
      lister: new WorldInventory(async () => alai.world.objects()),
      otherStates: async () =>
        (await Promise.all(others.map(async (other) => readDeployedResources(await alai.exportedState(other))))).flat(),
      inventoried: new Set(expectedObjects(loadAlaiInventory())),
    },
    noise: readNoise(),
    policies,
    locate: () => undefined,
    commandLine: (command, ...options) => `npm run ${command} -- --stack ${stack} ${options.join(" ")}`,
  });
}

function logOf(events: readonly EngineEvent[]): OperationLog {
  const log = new OperationLog();
  for (const event of events) log.record(event);
  return log;
}
