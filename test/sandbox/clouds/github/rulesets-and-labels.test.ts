import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { newSession, repository } from "./repository-fixture";

describe("a ruleset", () => {
  const ruleset = "github:index/repositoryRuleset:RepositoryRuleset";
  const inputs: PropertyMap = {
    repository: "alai-infra",
    name: "main",
    target: "branch",
    enforcement: "active",
    bypassActors: [{ actorId: 5, actorType: "RepositoryRole", bypassMode: "always" }],
    conditions: { refName: { includes: ["~DEFAULT_BRANCH"], excludes: [] } },
    rules: { pullRequest: { requiredApprovingReviewCount: 1 } },
  };

  it("is refused for a private repository on the free plan, and not for a public one", async () => {
    const session = newSession("free");
    await expect(session.create(ruleset, "main", inputs)).rejects.toThrow(/Status=403.*Upgrade to GitHub Pro/);
    await session.create(ruleset, "public", { ...inputs, repository: "alai-home-web" });
    await newSession("team").create(ruleset, "main", inputs);
  });

  it("is refused with an empty list of actors that bypass it", async () => {
    const session = newSession();
    await expect(session.create(ruleset, "main", { ...inputs, bypassActors: [] })).rejects.toThrow(
      /Status=422.*bypass_actors: data cannot be null/,
    );
    const made = await session.create(ruleset, "main", inputs);
    const { bypassActors: _removed, ...without } = inputs;
    await expect(session.update(made, without)).rejects.toThrow("bypass_actors");
  });

  it("has a name of its own in its repository, and a number for an id", async () => {
    const session = newSession();
    const made = await session.create(ruleset, "main", inputs);
    expect(made.outputs.rulesetId).toBe(Number(made.id));
    await expect(session.create(ruleset, "again", inputs)).rejects.toThrow("Name must be unique");
    expect((await session.import(ruleset, `alai-infra:${made.id}`))?.id).toBe(made.id);
  });

  // integrations/terraform-provider-github#2660: "Invalid target patterns: 'main'".
  it.each([["main"], ["refs/main"], ["heads/main"], ["~MAIN"]])("names refs in full, not as %s", async (pattern) => {
    const conditions = (refName: PropertyMap) => ({ ...inputs, conditions: { refName } });
    await expect(newSession().create(ruleset, "r", conditions({ includes: [pattern], excludes: [] }))).rejects.toThrow(
      `Invalid target patterns: '${pattern}'`,
    );
    await expect(
      newSession().create(ruleset, "r", conditions({ includes: ["~ALL"], excludes: [pattern] })),
    ).rejects.toThrow(`Invalid target patterns: '${pattern}'`);
  });

  // The provider: MinItems of allowed_merge_methods, and util_ruleset_validation.go.
  it("allows one way to merge at least, and has the rules of its target", async () => {
    const failures = (change: PropertyMap) => newSession().failures(ruleset, { ...inputs, ...change });
    expect(await failures({ rules: { pullRequest: { allowedMergeMethods: [] } } })).toEqual([
      expect.stringContaining("requires 1 item minimum"),
    ]);
    expect(await failures({ rules: { pullRequest: { allowedMergeMethods: ["octopus"] } } })).toHaveLength(1);
    expect(await failures({ rules: { maxFileSize: { maxFileSize: 10 } } })).toHaveLength(1);
    expect(await failures({ target: "push" })).toEqual([
      expect.stringContaining('rule "pullRequest" is not valid'),
      expect.stringContaining("must not be set"),
    ]);
  });

  // docs.github.com, "About rulesets": push rulesets are for internal and private repositories.
  it("of pushes is not for a public repository", async () => {
    const { conditions: _none, ...unconditional } = inputs;
    const push = { ...unconditional, target: "push", rules: { maxFileSize: { maxFileSize: 10 } } };
    await expect(newSession().create(ruleset, "r", { ...push, repository: "alai-home-web" })).rejects.toThrow(
      /Status=422.*push rulesets are for internal and private/,
    );
    await newSession().create(ruleset, "r", push);
  });

  it("is evaluated without being enforced only in an enterprise", async () => {
    await expect(newSession("team").create(ruleset, "main", { ...inputs, enforcement: "evaluate" })).rejects.toThrow(
      "evaluate",
    );
  });

  it("needs a repository that is there, as branch protection does", async () => {
    await expect(newSession().create(ruleset, "main", { ...inputs, repository: "none" })).rejects.toThrow(
      "/repos/alai-org/none: Not Found",
    );
    const protection = "github:index/branchProtection:BranchProtection";
    await newSession().create(protection, "p", { repositoryId: "alai-infra", pattern: "main" });
    await expect(
      newSession("free").create(protection, "p", { repositoryId: "alai-infra", pattern: "main" }),
    ).rejects.toThrow("403");
    await expect(newSession().create(protection, "p", { repositoryId: "none", pattern: "main" })).rejects.toThrow(
      "/repos/alai-org/none: Not Found",
    );
  });
});
describe("branch protection", () => {
  // GitHub's createBranchProtectionRule: "Name already protected: <pattern>".
  it("has one rule a pattern, whichever way the repository is named", async () => {
    const session = newSession();
    const protection = "github:index/branchProtection:BranchProtection";
    const made = await session.create(repository, "r", { name: "r" });
    const byNumber = { repositoryId: made.outputs.nodeId ?? "", pattern: "main" };
    await session.create(protection, "one", byNumber);
    await expect(session.create(protection, "two", { repositoryId: "r", pattern: "main" })).rejects.toThrow(
      /Status=422.*Name already protected: main/,
    );
    const other = await session.create(protection, "three", { ...byNumber, pattern: "release" });
    await expect(session.update(other, byNumber)).rejects.toThrow("Name already protected: main");
    await session.update(other, { ...byNumber, pattern: "release", lockBranch: true });
    await session.create(protection, "elsewhere", { repositoryId: "alai-infra", pattern: "main" });
  });
});
describe("a label", () => {
  const label = "github:index/issueLabel:IssueLabel";

  // integrations/terraform-provider-github#3617: since 6.13, which @pulumi/github 6.15 is made of, the provider takes over no label
  // that is there, and a new repository has nine.
  it("is refused when the repository has it, from its beginning or in another case of letters", async () => {
    const session = newSession();
    await session.create(repository, "r", { name: "r" });
    const inputs = { repository: "r", color: "ff0000" };
    await expect(session.create(label, "bug", { ...inputs, name: "bug" })).rejects.toThrow(
      /Status=422.*already_exists/,
    );
    await expect(session.create(label, "bug", { ...inputs, name: "Bug" })).rejects.toThrow(
      /Status=422.*already_exists/,
    );
    const made = await session.create(label, "drift", { ...inputs, name: "drift" });
    await expect(session.update(made, { ...inputs, name: "wontfix" })).rejects.toThrow(/Status=422.*already_exists/);
    await session.update(made, { ...inputs, name: "Drift" });
    expect((await session.import(label, "r:bug"))?.outputs).toMatchObject({ name: "bug", color: "d73a4a" });
  });
});
