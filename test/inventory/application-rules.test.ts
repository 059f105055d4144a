import { describe, expect, it } from "vitest";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { applicationsHaveEnvironments } from "../../stacks/alai/inventory/rules/application-rules";
import { stackDefinitions } from "../../stacks/registry";
import { afterEdits } from "./inventory-edit";

type Edit = readonly [file: string, from: string | RegExp, to: string];

const listed = (environments: string): Edit => [
  "repositories.yaml",
  "repositories:\n",
  `repositories:\n  - { name: forge, visibility: private, environments: ${environments} }\n`,
];
const application = (more = "", repository = "forge", system = "latticeforge"): Edit => [
  "pipelines.yaml",
  /$/,
  `\napplications: [{ repository: ${repository}, system: ${system}, toolchain: cargo${more} }]\n`,
];
const reviewed = "{ name: prod, reviewers: { teams: [1] } }";
const all = `[{ name: staging }, ${reviewed}, { name: dr }]`;

describe("an application", () => {
  it("has a repository that is listed, and is of a system that there is", () => {
    expect(afterEdits(listed(all), application())).toEqual([]);
    expect(afterEdits(application())).toEqual([
      'pipelines.yaml applications[0].repository: no repository "forge" is in repositories.yaml',
    ]);
    expect(afterEdits(listed(all), application("", "forge", "latticeforg"))).toEqual([
      'pipelines.yaml applications[0].system: no system "latticeforg" is in stacks/systems.yaml; did you mean "latticeforge"?',
    ]);
  });

  it("has an environment for each stack, of its branch alone, and reviewers before production", () => {
    expect(afterEdits(listed(`[{ name: staging }, ${reviewed}]`), application())).toEqual([
      'repositories.yaml repositories[0].environments: expected the environment "dr", from which forge is released to latticeforge-dr',
    ]);
    expect(afterEdits(listed("[{ name: staging }, { name: prod }, { name: dr }]"), application())).toEqual([
      "repositories.yaml repositories[0].environments[1]: forge goes to production from here: name its reviewers",
    ]);
    const anyBranch = `[{ name: staging, branches: [main, "fix/*"] }, ${reviewed}, { name: dr }]`;
    expect(afterEdits(listed(anyBranch), application())).toEqual([
      "repositories.yaml repositories[0].environments[0]: only main is released; take out fix/*",
    ]);
  });

  it("has reviewers before production, whatever the environment is called", () => {
    const { pipelines, repositories } = loadAlaiInventory();
    const called = (name: string) => (name === "prod" ? "production" : name);
    const stacks = stackDefinitions.map((stack) => ({ ...stack, environment: called(stack.environment) }));
    const problems = (isReviewed: boolean) => {
      const renamed = repositories.repositories.map((repository) => ({
        ...repository,
        environments: repository.environments.map(({ name, reviewers, ...environment }) => ({
          ...{ ...environment, name: called(name) },
          ...(isReviewed && reviewers !== undefined ? { reviewers } : {}),
        })),
      }));
      const contents = { pipelines, repositories: { ...repositories, repositories: renamed } };
      return applicationsHaveEnvironments(contents, stacks).map(({ message }) => message);
    };
    expect(problems(true)).toEqual([]);
    expect(problems(false)).toEqual(
      pipelines.applications.map(({ repository }) => {
        return `${repository} goes to production from here: name its reviewers`;
      }),
    );
  });

  it("has the key of its load test where that is run", () => {
    const load = ", load: { script: load.js, url: 'https://staging.example' }";
    expect(afterEdits(listed(all), application(load))).toEqual([
      "repositories.yaml repositories[0].environments[0]: its load test signs in with the secret LOAD_TEST_KEY: add it to its secrets",
    ]);
    expect(afterEdits(listed(all.replace("staging", "staging, secrets: [LOAD_TEST_KEY]")), application(load))).toEqual(
      [],
    );
  });

  it("shares its repository with no site, no other application and not with what deploys", () => {
    const [file, from, to] = application();
    const twice: Edit = [file, from, to.replace(/\[(.*)\]/, "[$1, $1]")];
    expect(afterEdits(listed(all), twice).join()).toContain("applications[1].repository");
    expect(afterEdits(application("", "alai-home-web")).join()).toContain(
      '"alai-home-web" has the workflows of the site alai.no; an application has a repository of its own',
    );
    expect(afterEdits(application("", "alai-infra")).join()).toContain(
      '"alai-infra" has the workflows of what deploys the stacks',
    );
  });
});
