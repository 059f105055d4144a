import { AppRelease } from "../../components/app-release/app-release";
import type { ApplicationEntry, ApplicationPlan, ApplicationStage } from "../../components/app-release/schema";
import { hostOfRepository } from "../../components/container-apps/container-image";
import { Delivery } from "../../components/delivery/delivery";
import { releaseWorkflowFile } from "../../components/delivery/release-workflow";
import type { CommitQueue } from "../../components/repository/repository-files";
import type { RepositoryRules } from "../../components/repository/repository-rules";
import type { RepositoryEntry } from "../../components/repository/schema";
import { refusal } from "../../lib/refusal";
import { loadServices } from "../inventory/application-inventory";
import type { StackDefinition } from "../registry";
import type { StackConfiguration } from "../stack-configuration";
import { stateContainerOf } from "../state-container";
import type { Edge } from "./edge";
import type { AlaiInventory } from "./inventory";
import { productionOf, releasedStacks } from "./inventory/rules/application-rules";

/**
 * What the workflows of an application are made of: an image for each of its system's services that releases own.
 *
 * @param owner of the repositories. @example "alai-org"
 * @param stacks of all systems. Default: those of `systems.yaml`
 */
export function applicationPlan(
  { system, ...entry }: ApplicationEntry,
  { pipelines }: Pick<AlaiInventory, "pipelines">,
  owner: string,
  stacks?: readonly StackDefinition[],
): ApplicationPlan {
  const { services, release } = loadServices(system);
  const images = services
    .filter(({ digest }) => digest === undefined)
    .map(({ name, repository = name }) => {
      const host = hostOfRepository(repository);
      return { service: name, host, repository: host === undefined ? repository : repository.slice(host.length + 1) };
    });
  const migrates = services.find(({ kind, name }) => kind === "job" && release?.order.includes(name))?.name;
  const chain = releasedStacks(system, stacks);
  const production = productionOf(chain);
  const [first, ...others] = chain.map((stack): ApplicationStage => {
    const { name, environment } = stack;
    const isProduction = stack === production;
    const canary = isProduction && release?.canary !== undefined;
    return { stack: name, environment, state: stateContainerOf(name), isProduction, canary };
  });
  if (first === undefined) throw refusal(`system "${system}"`, ["it has no stack to release to"]);
  const releasedBy = `${owner}/${pipelines.repository}/.github/workflows/${releaseWorkflowFile}@main`;
  return { ...entry, ...(migrates === undefined ? {} : { migrates }), images, stages: [first, ...others], releasedBy };
}

/** The workflows of the applications, in their repositories. */
export function deployApplications(
  configuration: StackConfiguration,
  inventory: AlaiInventory,
  edge: Pick<Edge, "repositories">,
  commits: CommitQueue,
): void {
  for (const entry of inventory.pipelines.applications) {
    const application = applicationPlan(entry, inventory, configuration.settings.require("githubOwner"));
    const { rules } = repositoryOf(entry.repository, configuration, inventory, edge);
    new AppRelease(entry.repository, { ...rules, application, commits });
  }
}

/** The rules of the repository that deploys: what a change needs before it is merged, and what its workflows may run. */
export function deployDelivery(
  configuration: StackConfiguration,
  inventory: AlaiInventory,
  edge: Pick<Edge, "repositories">,
): void {
  const { pipelines } = inventory;
  const { rules, visibility } = repositoryOf(pipelines.repository, configuration, inventory, edge);
  // By the workflows of applications, to release them.
  const isCalled = visibility !== "public" && pipelines.applications.length > 0;
  new Delivery(pipelines.repository, { ...rules, isCalled });
}

/** A repository from which something is deployed, and what holds for it. */
function repositoryOf(
  name: string,
  { settings }: StackConfiguration,
  { pipelines, repositories }: AlaiInventory,
  edge: Pick<Edge, "repositories">,
): { readonly rules: RepositoryRules; readonly visibility: RepositoryEntry["visibility"] } {
  const entry = repositories.repositories.find((one) => one.name === name);
  const deployed = edge.repositories.get(name);
  if (entry === undefined || deployed === undefined)
    throw refusal(
      `repository "${name}"`,
      ["it is not in repositories.yaml; the workflows need its environments"],
      pipelines,
    );
  const { visibility } = entry;
  const rules: RepositoryRules = {
    repository: deployed.repositoryName,
    owners: pipelines.codeOwners,
    rulesets: visibility === "public" || pipelines.githubPlan !== "free" ? "offered" : "not-offered",
    deployingApp: settings.requireNumber("deployingAppId"),
  };
  return { rules, visibility };
}
