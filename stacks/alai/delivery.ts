import { deliveryFiles } from "../../components/delivery/delivery-files";
import type { DeliveryPlan } from "../../components/delivery/delivery-plan";
import { installsOnMachines, previewLabel, stackDefinition, workflowStacks } from "../registry";
import { stateContainerOf } from "../state-container";
import { type AlaiInventory, loadAlaiInventory } from "./inventory";

/** What the workflows of ALAI's repository deploy: who approves is what its environments say of reviewers. */
export function alaiDelivery({ pipelines, repositories }: AlaiInventory): DeliveryPlan {
  const repository = repositories.repositories.find(({ name }) => name === pipelines.repository);
  const reviewed = new Set(
    repository?.environments.filter(({ reviewers }) => reviewers !== undefined).map(({ name }) => name),
  );
  return {
    branch: "main",
    breakGlassEnvironment: pipelines.breakGlassEnvironment,
    driftEnvironment: pipelines.driftEnvironment,
    previewLabel,
    stacks: workflowStacks.map((name) => ({
      name,
      approval: reviewed.has(name) ? "reviewers" : "merge",
      after: stackDefinition(name).readsFrom.filter((other) => workflowStacks.includes(other)),
      stateIn: stateContainerOf(name),
      installsOnMachines: installsOnMachines(name),
    })),
  };
}

/** The files that `npm run generate` writes, by path from the repository's root. */
export function alaiDeliveryFiles(): Readonly<Record<string, string>> {
  const inventory = loadAlaiInventory();
  return deliveryFiles(alaiDelivery(inventory), inventory.pipelines.codeOwners.names);
}
