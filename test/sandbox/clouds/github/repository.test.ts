import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { githubProvider } from "../../../../sandbox/clouds/github";
import { CloudSession, seededWorld } from "../cloud-session";
import { newSession, repository } from "./repository-fixture";

describe("a repository", () => {
  it("has addresses and a number of its own", async () => {
    const made = await newSession().create(repository, "new", { name: "alai-new-web", visibility: "private" });
    expect(made.id).toBe("alai-new-web");
    expect(made.outputs).toMatchObject({
      fullName: "alai-org/alai-new-web",
      sshCloneUrl: "git@github.com:alai-org/alai-new-web.git",
      visibility: "private",
      allowMergeCommit: true,
    });
  });

  it("is refused when its name is taken, in any case of letters, or cannot be", async () => {
    await expect(newSession().create(repository, "web", { name: "Alai-Home-Web" })).rejects.toThrow(
      /Status=422.*name already exists on this account/,
    );
    expect(await newSession().failures(repository, { name: "a b" })).toHaveLength(1);
    expect(await newSession().failures(repository, { name: "x".repeat(101) })).toHaveLength(1);
    expect(await newSession().failures(repository, { name: "ok", private: true, visibility: "private" })).toHaveLength(
      1,
    );
  });

  it("lends its workflows to others unless it is public, when everybody has them", async () => {
    const access = "github:index/actionsRepositoryAccessLevel:ActionsRepositoryAccessLevel";
    const session = newSession();
    await session.create(access, "a", { repository: "alai-infra", accessLevel: "organization" });
    await expect(
      session.create(access, "b", { repository: "alai-home-web", accessLevel: "organization" }),
    ).rejects.toThrow("only applies to internal and private repositories");
    expect(await session.failures(access, { repository: "alai-infra", accessLevel: "everybody" })).toHaveLength(1);
  });

  it("is internal only in an enterprise", async () => {
    await expect(newSession("team").create(repository, "r", { name: "r", visibility: "internal" })).rejects.toThrow(
      "internal",
    );
    await newSession().create(repository, "r", { name: "r", visibility: "internal" });
  });

  // integrations/terraform-provider-github: pull request #1 (no method), #2190 (Advanced Security); github_repository's pattern of
  // topics; cli/cli#10092 (which title goes with which message); docs.github.com, "Classifying your repository with topics" (20).
  it.each<[string, PropertyMap, RegExp]>([
    [
      "no way to merge",
      { allowMergeCommit: false, allowSquashMerge: false, allowRebaseMerge: false },
      /Status=422.*must be true/,
    ],
    ["a topic with a blank", { topics: ["Infra Tools", "ok"] }, /got "Infra Tools"$/],
    ["21 topics", { topics: Array.from({ length: 21 }, (_, index) => `t${index}`) }, /Status=422.*more than 20 topics/],
    [
      "Advanced Security, which a public one always has",
      { visibility: "public", securityAndAnalysis: { advancedSecurity: { status: "enabled" } } },
      /Status=422.*always available for public repos/,
    ],
    ["a message that there is not", { squashMergeCommitMessage: "NONSENSE" }, /Status=422.*NONSENSE is no combination/],
    [
      "a title that needs another message",
      { mergeCommitTitle: "PR_TITLE" },
      /Status=422.*expected PR_TITLE with PR_BODY/,
    ],
  ])("is refused with %s", async (_what, inputs, refusal) => {
    const session = newSession();
    await expect(session.create(repository, "r", { name: "r", ...inputs })).rejects.toThrow(refusal);
    const made = await session.create(repository, "r", { name: "r" });
    await expect(session.update(made, { name: "r", ...inputs })).rejects.toThrow(refusal);
  });

  it("has texts only of the ways to merge that it allows, and Advanced Security when it is private", async () => {
    const session = newSession();
    const squashless = { allowSquashMerge: false, squashMergeCommitMessage: "BLANK" };
    await session.create(repository, "r", { name: "r", ...squashless });
    await session.create(repository, "s", {
      name: "s",
      squashMergeCommitTitle: "PR_TITLE",
      squashMergeCommitMessage: "BLANK",
    });
    const settings = { securityAndAnalysis: { advancedSecurity: { status: "enabled" } } };
    const made = await session.create(repository, "p", { name: "p", visibility: "private", ...settings });
    // The provider sends the settings again only when they change.
    await session.update(made, { name: "p", visibility: "public", ...settings });
  });

  it("takes what belongs to it along when it is deleted", async () => {
    const session = newSession();
    const made = await session.create(repository, "r", { name: "r", autoInit: true });
    const variable = { repository: "r", variableName: "A", value: "1" };
    const owned = await session.create("github:index/actionsVariable:ActionsVariable", "v", variable);
    const protection = "github:index/branchProtection:BranchProtection";
    const rule = await session.create(protection, "p", { repositoryId: made.outputs.nodeId ?? "", pattern: "main" });
    await session.delete(made);
    expect(await session.refresh(owned)).toBeUndefined();
    expect(await session.refresh(rule)).toBeUndefined();
  });

  it("is imported by its name", async () => {
    const found = await newSession().import(repository, "alai-home-web");
    expect(found?.inputs).toMatchObject({ name: "alai-home-web", description: "alai.no" });
  });

  it("is renamed in place", async () => {
    const session = newSession();
    const made = await session.create(repository, "r", { name: "old-name", autoInit: true });
    expect((await session.diff(made, { name: "new-name", autoInit: true })).replaces).toEqual([]);
    const renamed = await session.update(made, { name: "new-name", autoInit: true });
    expect(renamed.outputs).toMatchObject({ name: "new-name", repoId: made.outputs.repoId });
    await expect(session.update(renamed, { name: "alai-home-web" })).rejects.toThrow("422");
  });

  it("is archived instead of deleted when asked, and takes no changes then", async () => {
    const session = newSession();
    const made = await session.create(repository, "r", { name: "kept", archiveOnDestroy: true, autoInit: true });
    await session.delete(made);
    expect((await session.refresh(made))?.outputs.archived).toBe(true);
    const variable = { repository: "kept", variableName: "A", value: "1" };
    await expect(session.create("github:index/actionsVariable:ActionsVariable", "v", variable)).rejects.toThrow(
      /Status=403.*archived/,
    );
    const gone = await session.create(repository, "g", { name: "gone" });
    await session.delete(gone);
    expect(await session.refresh(gone)).toBeUndefined();
  });
});
describe("settings, branches and labels", () => {
  it("change the settings of a repository", async () => {
    const session = newSession();
    const permissions = "github:index/actionsRepositoryPermissions:ActionsRepositoryPermissions";
    await session.create(permissions, "p", { repository: "alai-infra", allowedActions: "local_only" });
    const config = { allowedActionsConfig: { githubOwnedAllowed: true } };
    expect(
      await session.failures(permissions, { repository: "alai-infra", allowedActions: "all", ...config }),
    ).toHaveLength(1);
    await expect(session.create(permissions, "p", { repository: "none" })).rejects.toThrow("404");
    const claims =
      "github:index/actionsRepositoryOidcSubjectClaimCustomizationTemplate:ActionsRepositoryOidcSubjectClaimCustomizationTemplate";
    expect(
      await session.failures(claims, { repository: "alai-infra", useDefault: true, includeClaimKeys: ["repo"] }),
    ).toHaveLength(1);
  });

  it("make a branch from one that is there", async () => {
    const session = newSession();
    const branch = "github:index/branch:Branch";
    const made = await session.create(branch, "next", { repository: "alai-infra", branch: "next" });
    expect(made.outputs).toMatchObject({ ref: "refs/heads/next", sha: "35f3828a1aa6887980cd5597fa98a3305b486a6c" });
    await expect(session.create(branch, "main", { repository: "alai-infra", branch: "main" })).rejects.toThrow(
      "Reference already exists",
    );
    await expect(
      session.create(branch, "x", { repository: "alai-infra", branch: "x", sourceBranch: "none" }),
    ).rejects.toThrow("404");
    await session.create("github:index/branchDefault:BranchDefault", "d", { repository: "alai-infra", branch: "next" });
  });

  it("make a label with a colour", async () => {
    const session = newSession();
    const label = "github:index/issueLabel:IssueLabel";
    await session.create(label, "drift", { repository: "alai-infra", name: "drift", color: "d73a4a" });
    await expect(
      session.create(label, "again", { repository: "alai-infra", name: "drift", color: "d73a4a" }),
    ).rejects.toThrow(/Status=422.*already_exists/);
    await expect(session.create(label, "red", { repository: "alai-infra", name: "red", color: "red" })).rejects.toThrow(
      "color",
    );
  });
});
describe("looking things up", () => {
  it("finds repositories, people, teams and the organisation", async () => {
    const session = newSession();
    const byName = await session.invoke("github:index/getRepository:getRepository", { name: "alai-infra" });
    const byFullName = await session.invoke("github:index/getRepository:getRepository", {
      fullName: "alai-org/alai-infra",
    });
    expect(byName).toMatchObject({ defaultBranch: "main", private: true, fullName: "alai-org/alai-infra" });
    expect(byFullName).toEqual(byName);
    expect(await session.invoke("github:index/getUser:getUser", { username: "alai-reviewer" })).toMatchObject({
      id: "2000002",
    });
    expect(await session.invoke("github:index/getTeam:getTeam", { slug: "platform" })).toMatchObject({ id: "3000001" });
    const found = await session.invoke("github:index/getOrganization:getOrganization", { name: "alai-org" });
    expect(found).toMatchObject({ plan: "enterprise", orgname: "alai-org" });
    expect(found).not.toHaveProperty("workflowsPermission");
  });

  it("finds nothing of another owner", async () => {
    const session = new CloudSession(githubProvider(seededWorld()));
    const fullName = "someone-else/alai-infra";
    await expect(session.invoke("github:index/getRepository:getRepository", { fullName })).rejects.toThrow("Not Found");
    await expect(session.invoke("github:index/getUser:getUser", { username: "nobody" })).rejects.toThrow(
      "/users/nobody: Not Found",
    );
  });
});
