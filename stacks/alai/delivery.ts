import { deliveryFiles } from "../../components/delivery/delivery-files";
import {
  type DeliveredStack,
  type DeliveryPlan,
  previewEnvironment,
  proposals,
} from "../../components/delivery/delivery-plan";
import { refuse } from "../../lib/refusal";
import {
  installsOnMachines,
  previewedSystems,
  previewLabel,
  stackDefinition,
  systemPreviewLabel,
  workflowStacks,
} from "../registry";
import { stateContainerOf } from "../state-container";
import { type AlaiInventory, loadAlaiInventory } from "./inventory";
import { unlistedRepositories } from "./inventory/program-jobs";

/**
 * What the workflows of ALAI's repository deploy: who approves is what its environments say of reviewers.
 *
 * @throws {RunError} when the repository has no environment for a stack
 */
export function alaiDelivery(inventory: AlaiInventory): DeliveryPlan {
  const { pipelines } = inventory;
  const reviewed = new Set(
    deployingEnvironments(inventory)
      .filter(({ reviewers }) => reviewers !== undefined)
      .map(({ name }) => name),
  );
  return {
    repository: pipelines.repository,
    branch: "main",
    breakGlassEnvironment: pipelines.breakGlassEnvironment,
    driftEnvironment: pipelines.driftEnvironment,
    previewLabel,
    previews: previewedSystems.map((each) => ({ ...each, label: systemPreviewLabel(each.system) })),
    stacks: workflowStacks.map((name) => ({
      name,
      approval: reviewed.has(name) ? "reviewers" : "merge",
      after: stackDefinition(name).readsFrom.filter((other) => workflowStacks.includes(other)),
      stateIn: stateContainerOf(name),
      installsOnMachines: installsOnMachines(name),
      joinsTailnet: installsOnMachines(name) || isRouted(name, inventory),
      repositories: managedRepositories(name, inventory),
    })),
  };
}

/**
 * The environments of the repository that deploys, with one for each of its workflows: GitHub makes one that is missing when a job names
 * it, and that one lets every branch in and asks nobody.
 *
 * Source: docs.github.com/en/actions/how-tos/deploy/configure-and-manage-deployments/manage-environments, "Creating an environment"
 */
function deployingEnvironments({ pipelines, repositories: { repositories } }: AlaiInventory) {
  const { repository: name, breakGlassEnvironment, driftEnvironment } = pipelines;
  const repository = repositories.find((entry) => entry.name === name);
  const environments = repository?.environments ?? [];
  const all = [...workflowStacks, previewEnvironment, proposals.environment, breakGlassEnvironment, driftEnvironment];
  const missing = all.filter((needed) => !environments.some((environment) => environment.name === needed));
  refuse(
    `repository "${name}"`,
    missing.map((needed) => ({
      path: ["environments"],
      message: `expected the environment "${needed}", from which workflows deploy: add it in repositories.yaml, or GitHub makes one that every branch may use`,
    })),
    repository ?? pipelines,
  );
  return environments;
}

/** Whether the tailnet has a router into an environment's network, so that its private apps can be asked. */
function isRouted(stack: string, { network, tailnet }: AlaiInventory): boolean {
  const apps = network.networks[stack]?.subnets.apps;
  return apps !== undefined && apps in tailnet.tailnet.routes;
}

/** What each stack manages at GitHub: `prod` the repositories, `hosts` the workflow that watches them, `dev` nothing. */
function managedRepositories(stack: string, inventory: AlaiInventory): NonNullable<DeliveredStack["repositories"]> {
  if (stack === "hosts") return [inventory.heartbeat.heartbeat.repository];
  if (stack !== "prod") return [];
  const { repositories } = inventory.repositories;
  const made = repositories.some(({ adopt }) => !adopt) || unlistedRepositories(inventory).length > 0;
  return made ? "all-of-owner" : repositories.map(({ name }) => name);
}

/** The files that `npm run generate` writes, by path from the repository's root. */
export function alaiDeliveryFiles(): Readonly<Record<string, string>> {
  const inventory = loadAlaiInventory();
  return deliveryFiles(alaiDelivery(inventory), inventory.pipelines.codeOwners.names);
}
