import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { newSession, repository } from "./repository-fixture";

// docs.github.com, "Renaming a repository": the old name redirects until another repository takes it.
// integrations/terraform-provider-github, util_diff.go (diffRepository): a changed `repository` of the same number changes in place.
describe("what belongs to a renamed repository", () => {
  const files = { branch: "main", content: "a\n" };
  const belonging: readonly [string, PropertyMap][] = [
    ["github:index/actionsVariable:ActionsVariable", { variableName: "REGION", value: "north" }],
    ["github:index/actionsSecret:ActionsSecret", { secretName: "TOKEN", value: "s" }],
    ["github:index/repositoryEnvironment:RepositoryEnvironment", { environment: "live" }],
    [
      "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable",
      { environment: "live", variableName: "A", value: "1" },
    ],
    ["github:index/repositoryFile:RepositoryFile", { ...files, file: "docs/a.md" }],
    [
      "github:index/repositoryRuleset:RepositoryRuleset",
      { name: "n", target: "branch", enforcement: "active", rules: { deletion: true } },
    ],
    ["github:index/actionsRepositoryPermissions:ActionsRepositoryPermissions", { allowedActions: "all" }],
  ];

  it("is read by either name and changes in place, there and back", async () => {
    const session = newSession();
    const made = await session.create(repository, "r", { name: "old", autoInit: true });
    const things = [];
    for (const [type, inputs] of belonging)
      things.push(await session.create(type, type, { ...inputs, repository: "old" }));
    // As a preview asks: nothing has the new name yet.
    for (const thing of things)
      expect((await session.diff(thing, { ...thing.inputs, repository: "new" })).replaces, thing.type).toEqual([]);
    let current = await session.update(made, { name: "new", autoInit: true });
    for (const thing of things) {
      expect((await session.refresh(thing))?.id, thing.type).toBe(thing.id);
      const inputs = { ...thing.inputs, repository: "new" };
      expect(await session.diff(thing, inputs), thing.type).toMatchObject({ changes: "some", replaces: [] });
      const updated = await session.update(thing, inputs);
      expect(updated.outputs.repository).toBe("new");
      current = await session.update(current, { name: "old", autoInit: true });
      expect((await session.diff(updated, thing.inputs)).replaces).toEqual([]);
      const back = await session.update(updated, thing.inputs);
      current = await session.update(current, { name: "new", autoInit: true });
      await session.delete(back);
      expect(await session.refresh(back), thing.type).toBeUndefined();
    }
  });

  it("stays with it when another repository takes the old name", async () => {
    const session = newSession();
    const made = await session.create(repository, "r", { name: "old", autoInit: true });
    const [type, inputs] = belonging[0] ?? ["", {}];
    const thing = await session.create(type, "v", { ...inputs, repository: "old" });
    const renamed = await session.update(made, { name: "new", autoInit: true });
    const moved = await session.update(thing, { ...thing.inputs, repository: "new" });
    const other = await session.create(repository, "other", { name: "old" });
    expect(other.outputs.repoId).not.toBe(made.outputs.repoId);
    expect((await session.refresh(renamed))?.outputs).toMatchObject({ name: "new", repoId: made.outputs.repoId });
    expect((await session.refresh(moved))?.outputs.repository).toBe("new");
    expect((await session.diff(moved, { ...thing.inputs, repository: "old" })).replaces).toEqual(["repository"]);
    await session.create(type, "w", { ...inputs, repository: "old" });
    await session.delete(other);
    expect((await session.refresh(moved))?.outputs.value).toBe("north");
  });

  it("is replaced where the provider looks at the name only: the old one goes first", async () => {
    const session = newSession();
    const made = await session.create(repository, "r", { name: "old" });
    const label = await session.create("github:index/issueLabel:IssueLabel", "l", {
      repository: "old",
      name: "drift",
      color: "d73a4a",
    });
    await session.update(made, { name: "new" });
    const inputs = { ...label.inputs, repository: "new" };
    expect(await session.diff(label, inputs)).toMatchObject({ replaces: ["repository"], deleteBeforeReplace: true });
    await session.delete(label);
    await session.create(label.type, "l", inputs);
  });
});
