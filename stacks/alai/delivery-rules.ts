import { Delivery } from "../../components/delivery/delivery";
import { refusal } from "../../lib/refusal";
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
    throw refusal(
      `repository "${pipelines.repository}"`,
      ["it is not in repositories.yaml; the workflows need its environments"],
      pipelines,
    );
  }
  return new Delivery(pipelines.repository, {
    repository: repository.repositoryName,
    owners: pipelines.codeOwners,
    rulesets: entry.visibility === "public" || pipelines.githubPlan !== "free" ? "offered" : "not-offered",
    deployingApp: settings.requireNumber("deployingAppId"),
  });
}
