import { describe, expect, it } from "vitest";
import { type PropertyMap, Secret } from "../../../../deployment/values/property-value";
import { githubProvider } from "../../../../sandbox/clouds/github";
import { mayDeploy } from "../../../../sandbox/clouds/github/environment";
import { CloudSession, changeObject, seededWorld, seededWorldWith } from "../cloud-session";
import { newSession, organization } from "./repository-fixture";

describe("an environment", () => {
  const environment = "github:index/repositoryEnvironment:RepositoryEnvironment";
  const reviewed: PropertyMap = { repository: "alai-infra", environment: "prod", reviewers: [{ teams: [3_000_001] }] };

  it.each(["free", "team"])("of a private repository has no reviewers on the %s plan", async (plan) => {
    await expect(newSession(plan).create(environment, "prod", reviewed)).rejects.toThrow(
      /Status=422.*billing plan supports the required reviewers protection rule/,
    );
    await newSession(plan).create(environment, "dev", { repository: "alai-infra", environment: "dev" });
    await newSession(plan).create(environment, "prod", { ...reviewed, repository: "alai-home-web" });
  });

  it("has reviewers in an enterprise, who exist and are at most six", async () => {
    await newSession().create(environment, "prod", reviewed);
    await expect(
      newSession().create(environment, "prod", { ...reviewed, reviewers: [{ users: [1] }] }),
    ).rejects.toThrow("cannot review");
    const many = { ...reviewed, reviewers: [{ users: [1, 2, 3, 4, 5, 6, 7] }] };
    await expect(newSession().create(environment, "prod", many)).rejects.toThrow("at most 6");
  });

  // docs.github.com, "Managing environments": names are not case sensitive; github/lock#70 shows the refusal.
  it("is refused when there is one whose name differs in case only", async () => {
    const session = newSession();
    const named = (name: string): PropertyMap => ({ repository: "alai-infra", environment: name });
    await session.create(environment, "a", named("Prod"));
    await session.create(environment, "again", named("Prod"));
    await expect(session.create(environment, "b", named("prod"))).rejects.toThrow(
      /Status=422.*another case of letters/,
    );
    await session.create(environment, "elsewhere", { ...named("prod"), repository: "alai-home-web" });
  });

  it("limits branches one way, not both or neither", async () => {
    const both = { protectedBranches: true, customBranchPolicies: true };
    await expect(newSession().create(environment, "e", { ...reviewed, deploymentBranchPolicy: both })).rejects.toThrow(
      "same value",
    );
  });

  // docs.github.com, "Deployments and environments": "If no branch protection rules are defined for any branch in the repository,
  // then all branches can deploy". A ruleset is no branch protection rule.
  it("lets every branch deploy that nothing names", async () => {
    const world = seededWorldWith(organization, "alai-org", { plan: "enterprise" });
    const session = new CloudSession(githubProvider(world));
    const repository = "alai-infra";
    const only = (protectedBranches: boolean) => ({ protectedBranches, customBranchPolicies: !protectedBranches });
    const make = (name: string, deploymentBranchPolicy?: PropertyMap) =>
      session.create(environment, name, {
        ...{ repository, environment: name },
        ...(deploymentBranchPolicy === undefined ? {} : { deploymentBranchPolicy }),
      });
    const name = (of: string, branchPattern: string) =>
      session.create(
        "github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy",
        `${of}-${branchPattern}`,
        { repository, environment: of, branchPattern },
      );
    const branches = ["refs/heads/main", "refs/heads/fix/x", "refs/pull/7/merge"];
    const deploying = (of: string) =>
      world.transact((transaction) => branches.filter((ref) => mayDeploy(transaction, repository, of, ref)));

    await make("open");
    await make("protected", only(true));
    await make("named", only(false));
    await make("pull-requests", only(false));
    expect(await deploying("never-made")).toEqual(branches);
    expect(await deploying("open")).toEqual(branches);
    expect(await deploying("protected")).toEqual(branches);
    expect(await deploying("named")).toEqual([]);
    await name("named", "main");
    await name("pull-requests", "refs/pull/*/merge");
    expect(await deploying("named")).toEqual(["refs/heads/main"]);
    expect(await deploying("pull-requests")).toEqual(["refs/pull/7/merge"]);
    await session.create("github:index/branchProtection:BranchProtection", "p", {
      repositoryId: repository,
      pattern: "main",
    });
    expect(await deploying("protected")).toEqual(["refs/heads/main"]);
  });

  it("takes branch policies only when it uses custom ones", async () => {
    const session = newSession();
    const policy = "github:index/repositoryDeploymentBranchPolicy:RepositoryDeploymentBranchPolicy";
    const custom = { protectedBranches: false, customBranchPolicies: true };
    await session.create(environment, "prod", reviewed);
    await session.create(environment, "dev", {
      repository: "alai-infra",
      environment: "dev",
      deploymentBranchPolicy: custom,
    });
    await session.create(policy, "dev", { repository: "alai-infra", environmentName: "dev", name: "main" });
    await expect(
      session.create(policy, "p", { repository: "alai-infra", environmentName: "prod", name: "main" }),
    ).rejects.toThrow("404");
    await expect(
      session.create(policy, "n", { repository: "alai-infra", environmentName: "none", name: "main" }),
    ).rejects.toThrow("404");
  });
});
describe("secrets and variables", () => {
  const secret = "github:index/actionsSecret:ActionsSecret";
  const variable = "github:index/actionsVariable:ActionsVariable";

  it("keep a secret's value secret, and say when it changed", async () => {
    const made = await newSession().create(secret, "token", {
      repository: "alai-infra",
      secretName: "TOKEN",
      value: "hunter2",
    });
    expect(made.id).toBe("alai-infra:TOKEN");
    expect(made.outputs.value).toEqual(new Secret("hunter2"));
    expect(made.outputs.remoteUpdatedAt).toBe(made.outputs.updatedAt);
  });

  // integrations/terraform-provider-github, resource_github_actions_secret.go (Read) and util_diff.go (diffSecret); issue #2614.
  it("are set again when somebody else has set them, unless that is ignored", async () => {
    const world = seededWorld();
    const session = new CloudSession(githubProvider(world));
    const inputs = { repository: "alai-infra", secretName: "TOKEN", value: "ours" };
    const made = await session.create(secret, "token", inputs);
    expect((await session.refresh(made))?.outputs).toEqual(made.outputs);
    expect((await session.diff(made, inputs)).changes).toBe("none");

    const later = "2099-01-01T00:00:00.000Z";
    await changeObject(world, secret, made.id, { value: "theirs", updatedAt: later });
    const read = await session.refresh(made);
    const refreshed = { ...made, ...read };
    expect(refreshed.outputs).toEqual({ ...made.outputs, remoteUpdatedAt: later });
    expect(refreshed.inputs).toEqual(made.inputs);
    expect(await session.diff(refreshed, inputs)).toMatchObject({ changes: "some", replaces: [] });
    for (const ignored of ["updatedAt", "remoteUpdatedAt"])
      expect((await session.diff(refreshed, inputs, [ignored])).changes).toBe("none");
    const updated = await session.update(refreshed, inputs);
    expect((await session.diff(updated, inputs)).changes).toBe("none");
    expect((await session.import(secret, made.id))?.inputs).toEqual({ repository: "alai-infra", secretName: "TOKEN" });
  });

  it("have names that GitHub accepts and one value", async () => {
    const inputs = { repository: "alai-infra", value: "x" };
    for (const secretName of ["GITHUB_TOKEN", "1ST", "WITH-DASH"]) {
      expect(await newSession().failures(secret, { ...inputs, secretName }), secretName).toHaveLength(1);
    }
    expect(await newSession().failures(secret, { ...inputs, secretName: "A", plaintextValue: "y" })).toHaveLength(1);
    expect(await newSession().failures(variable, { ...inputs, variableName: "github_x" })).toHaveLength(1);
    await expect(
      newSession().create(variable, "v", { ...inputs, variableName: "A", value: "x".repeat(50_000) }),
    ).rejects.toThrow("too long");
  });

  it("overwrite a secret that is there, and not a variable", async () => {
    const session = newSession();
    const inputs = { repository: "alai-infra", value: "x" };
    await session.create(secret, "one", { ...inputs, secretName: "A" });
    await session.create(secret, "two", { ...inputs, secretName: "A" });
    await session.create(variable, "one", { ...inputs, variableName: "A" });
    await expect(session.create(variable, "two", { ...inputs, variableName: "A" })).rejects.toThrow(
      /Status=409.*Already exists/,
    );
    // docs.github.com, "Variables": names are not case sensitive.
    await expect(session.create(variable, "two", { ...inputs, variableName: "a" })).rejects.toThrow(
      /Status=409.*Variable already exists/,
    );
    await session.create(variable, "two", { ...inputs, repository: "alai-home-web", variableName: "a" });
  });

  it("need their repository and environment", async () => {
    const session = newSession();
    await expect(session.create(secret, "s", { repository: "none", secretName: "A", value: "x" })).rejects.toThrow(
      "404",
    );
    const inputs = { repository: "alai-infra", environment: "none", variableName: "A", value: "x" };
    const type = "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable";
    await expect(session.create(type, "v", inputs)).rejects.toThrow(
      "/repos/alai-org/alai-infra/environments/none: Not Found",
    );
  });
});
