import { Delivery } from "../../components/delivery/delivery";
import type { StackConfiguration } from "../stack-configuration";
import type { Edge } from "./edge";
import type { AlaiInventory } from "./inventory";

/** The rules of the repository that deploys: what a change needs before it is merged, and what its workflows may run. */
export function deployDelivery(
  { settings }: StackConfiguration,
  { pipelines, repositories }: AlaiInventory,
  { repositories: deployed }: Pick<Edge, "repositories">,
): Delivery {
  const entry = repositories.repositories.find(({ name }) => name === pipelines.repository);
  const repository = deployed.get(pipelines.repository);
  if (entry === undefined || repository === undefined) {
    throw new Error(
      `pipelines.yaml: ${pipelines.repository} is not in repositories.yaml; the workflows need its environments`,
    );
  }
  return new Delivery(pipelines.repository, {
    repository: repository.repositoryName,
    owners: pipelines.codeOwners,
    rulesets: entry.visibility === "public" || pipelines.githubPlan !== "free" ? "offered" : "not-offered",
    deployingApp: settings.requireNumber("deployingAppId"),
  });
}
