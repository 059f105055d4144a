import { githubRegistry } from "../../../../components/app-release/deploy-workflows";
import { hostOfRepository } from "../../../../components/container-apps/container-image";
import { didYouMean } from "../../../../lib/closest-name";
import type { FileProblem } from "../../../../lib/located-yaml/problem";
import { isProductionEnvironment } from "../../../../lib/production-environments";
import { loadServices } from "../../../inventory/application-inventory";
import type { InventoryContents } from "../../../inventory/files";
import { duplicates } from "../../../inventory/rules/duplicates";
import { type StackDefinition, stackDefinitions, systemNames } from "../../../registry";

const file = "pipelines.yaml";

/** No application is there twice, and none has the repository that deploys or a site's. */
export function applicationsDiffer({ pipelines, sites }: InventoryContents): readonly FileProblem[] {
  const taken = new Map([
    ...sites.sites.flatMap((site) =>
      "repository" in site ? [[site.repository, `the site ${site.domain}`] as const] : [],
    ),
    [pipelines.repository, "what deploys the stacks"] as const,
  ]);
  const claims = pipelines.applications.map(({ repository }, index) => {
    return { value: repository, path: ["applications", index, "repository"] };
  });
  const shared = claims.flatMap(({ value, path }) => {
    const whose = taken.get(value);
    return whose === undefined
      ? []
      : [
          {
            file,
            path,
            message: `"${value}" has the workflows of ${whose}; an application has a repository of its own`,
          },
        ];
  });
  return [...duplicates({ file, what: "applications", claims }), ...shared];
}

/** An application is of a system that there is, and its workflows push to registries that they can sign in to. */
export function applicationsHaveSystems({ pipelines }: InventoryContents): readonly FileProblem[] {
  return pipelines.applications.flatMap(({ system }, index) => {
    const path = ["applications", index, "system"];
    if (!systemNames.includes(system))
      return [
        { file, path, message: `no system "${system}" is in stacks/systems.yaml${didYouMean(system, systemNames)}` },
      ];
    const hosts = loadServices(system).services.flatMap(({ name, repository = name, digest }) => {
      const host = hostOfRepository(repository);
      return digest !== undefined || host === undefined || host === githubRegistry ? [] : [`${name} (${host})`];
    });
    return hosts.length === 0
      ? []
      : [
          {
            file,
            path,
            message: `its images are pushed to the system's registry or ${githubRegistry}, not of ${hosts.join(", ")}`,
          },
        ];
  });
}

/**
 * An application's repository is listed, with an environment for each stack that it is released to; somebody reviews what goes to
 * production. GitHub makes an environment that is missing, and lets every branch in.
 *
 * @param stacks of all systems. Default: those of `systems.yaml`
 */
export function applicationsHaveEnvironments(
  { pipelines, repositories }: Pick<InventoryContents, "pipelines" | "repositories">,
  stacks = stackDefinitions,
): readonly FileProblem[] {
  return pipelines.applications.flatMap(({ repository, system, branch, load }, index): FileProblem[] => {
    const place = repositories.repositories.findIndex(({ name }) => name === repository);
    const entry = repositories.repositories[place];
    if (entry === undefined) {
      const known = repositories.repositories.map(({ name }) => name);
      const message = `no repository "${repository}" is in repositories.yaml${didYouMean(repository, known)}`;
      return [{ file, path: ["applications", index, "repository"], message }];
    }
    const chain = releasedStacks(system, stacks);
    const production = productionOf(chain);
    return chain.flatMap((stack) => {
      const name = stack.environment;
      const at = entry.environments.findIndex((one) => one.name === name);
      const environment = entry.environments[at];
      const path = ["repositories", place, "environments", ...(environment === undefined ? [] : [at])];
      const problem = (message: string): FileProblem => ({ file: "repositories.yaml", path, message });
      if (environment === undefined)
        return [problem(`expected the environment "${name}", from which ${repository} is released to ${stack.name}`)];
      const strangers = environment.branches.filter((one) => one !== branch);
      const hasKey = load === undefined || stack !== chain[0] || environment.secrets.includes("LOAD_TEST_KEY");
      return [
        ...(hasKey ? [] : [problem("its load test signs in with the secret LOAD_TEST_KEY: add it to its secrets")]),
        ...(strangers.length === 0 ? [] : [problem(`only ${branch} is released; take out ${strangers.join(", ")}`)]),
        ...(stack === production && environment.reviewers === undefined
          ? [problem(`${repository} goes to production from here: name its reviewers`)]
          : []),
      ];
    });
  });
}

/** The stacks that a system's services are released to: first the one where digests come to, then whichever takes them from it. */
export function releasedStacks(
  system: string,
  all: readonly StackDefinition[] = stackDefinitions,
): readonly StackDefinition[] {
  const stacks = all.filter((stack) => stack.system === system);
  const follows = (before: string) => stacks.filter(({ promotesFrom }) => promotesFrom === before);
  const chain = (stack: StackDefinition): StackDefinition[] => [stack, ...follows(stack.name).flatMap(chain)];
  return stacks
    .filter(({ name, promotesFrom }) => promotesFrom === undefined && follows(name).length > 0)
    .flatMap(chain);
}

/**
 * Of the stacks that services are released to, the one where a release first meets the people who use the system. What comes after it,
 * such as a standby, takes what ran there.
 */
export function productionOf(chain: readonly StackDefinition[]): StackDefinition | undefined {
  return chain.find(({ environment }) => isProductionEnvironment(environment));
}
