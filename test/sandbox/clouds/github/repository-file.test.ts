import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { githubProvider } from "../../../../sandbox/clouds/github";
import { CloudSession, seededWorld, seededWorldWith } from "../cloud-session";

const file = "github:index/repositoryFile:RepositoryFile";
const renovate: PropertyMap = { repository: "alai-home-web", file: "renovate.json", content: "{}\n", branch: "main" };
const workflow: PropertyMap = { ...renovate, file: ".github/workflows/deploy.yml", content: "name: Deploy\n" };

function newSession(): CloudSession {
  return new CloudSession(githubProvider(seededWorld()));
}

describe("a file of a repository", () => {
  it("is a commit, and has git's hash of its content", async () => {
    const made = await newSession().create(file, "renovate", renovate);
    const blob = createHash("sha1").update("blob 3\0{}\n").digest("hex");
    expect(made.id).toBe("alai-home-web:renovate.json:main");
    expect(made.outputs).toMatchObject({
      sha: blob,
      commitSha: expect.stringMatching(/^[0-9a-f]{40}$/),
      commitMessage: "Add renovate.json",
    });
  });

  it("moves its branch with every change", async () => {
    const session = newSession();
    const made = await session.create(file, "renovate", renovate);
    const updated = await session.update(made, { ...renovate, content: "{ }\n" });
    expect(updated.outputs.commitSha).not.toBe(made.outputs.commitSha);
    expect((await session.import("github:index/branch:Branch", "alai-home-web:main"))?.outputs.sha).toBe(
      updated.outputs.commitSha,
    );
    await session.delete(updated);
    expect(await session.refresh(updated)).toBeUndefined();
  });

  it("is not written over unless that is asked for", async () => {
    await expect(newSession().create(file, "deploy", workflow)).rejects.toThrow("refusing to overwrite existing file");
    await newSession().create(file, "deploy", { ...workflow, overwriteOnCreate: true });
  });

  it("is imported, with an empty branch for the default one", async () => {
    const session = newSession();
    const id = "alai-home-web:.github/workflows/deploy.yml:";
    expect((await session.import(file, id))?.inputs).toMatchObject({ file: ".github/workflows/deploy.yml" });
  });

  it("is not found below .github/workflows when the token lacks the Workflows permission", async () => {
    const world = seededWorldWith("github:index/organization:Organization", "alai-org", { workflowsPermission: false });
    const session = new CloudSession(githubProvider(world));
    const inputs = { ...workflow, overwriteOnCreate: true };
    await expect(session.create(file, "deploy", inputs)).rejects.toThrow(
      /Status=404.*contents\/\.github\/workflows\/deploy\.yml: Not Found/,
    );
    await session.create(file, "renovate", renovate);
  });

  // PyGithub/PyGithub#1210; joshcai/leetcode-sync#22.
  it.each([
    ["/docs/a.md", "path cannot start with a slash"],
    ["../a.md", "malformed path component"],
    ["docs//a.md", "malformed path component"],
    [".git/config", "malformed path component"],
  ])("has a path that git has: %s", async (path, refusal) => {
    await expect(newSession().create(file, "f", { ...renovate, file: path })).rejects.toThrow(
      new RegExp(`Status=422.*${refusal}`),
    );
  });

  it("needs its repository and its branch", async () => {
    await expect(newSession().create(file, "f", { ...renovate, repository: "none" })).rejects.toThrow("404");
    await expect(newSession().create(file, "f", { ...renovate, branch: "none" })).rejects.toThrow(
      "branches/none: Not Found",
    );
    const made = await newSession().create(file, "f", { ...renovate, branch: "next", autocreateBranch: true });
    expect(made.outputs.ref).toBe("next");
  });

  it("is the first commit of an empty repository", async () => {
    const session = newSession();
    await session.create("github:index/repository:Repository", "empty", { name: "empty" });
    await session.create(file, "first", { ...renovate, repository: "empty" });
    await expect(session.create(file, "other", { ...renovate, repository: "empty", branch: "dev" })).rejects.toThrow(
      "404",
    );
  });
});

describe("two commits to one branch at once", () => {
  it("conflict, whichever files they change", async () => {
    const session = newSession();
    const results = await Promise.allSettled([
      session.create(file, "renovate", renovate),
      session.create(file, "deploy", { ...workflow, overwriteOnCreate: true }),
    ]);
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused).toHaveLength(1);
    expect(String(refused[0]?.reason)).toMatch(/Status=409.*main is at [0-9a-f]{40} but expected [0-9a-f]{40}/);
  });

  it("do not conflict one after the other, or in different repositories", async () => {
    const session = newSession();
    await session.create(file, "one", renovate);
    await session.create(file, "two", { ...renovate, file: "other.json" });
    await Promise.all([
      session.create(file, "three", { ...renovate, file: "a.json" }),
      session.create(file, "four", { ...renovate, repository: "alai-infra" }),
    ]);
  });
});

describe("a ruleset in the way of a commit", () => {
  const ruleset: PropertyMap = {
    ...{ repository: "alai-home-web", name: "main", target: "branch", enforcement: "active" },
    rules: { pullRequest: {} },
  };
  const type = "github:index/repositoryRuleset:RepositoryRuleset";
  const covering = (includes: string[], excludes: string[] = []) => ({
    conditions: { refName: { includes, excludes } },
  });

  it.each([["~DEFAULT_BRANCH"], ["~ALL"], ["refs/heads/main"], ["refs/heads/m*"], ["refs/heads/**"]])(
    "refuses it on the branches it covers: %s",
    async (pattern) => {
      const session = newSession();
      await session.create(type, "main", { ...ruleset, ...covering([pattern]) });
      await expect(session.create(file, "renovate", renovate)).rejects.toThrow(/Status=409.*through a pull request/);
    },
  );

  it.each([
    ["another branch", covering(["refs/heads/release"])],
    ["an excluded branch", covering(["~ALL"], ["refs/heads/main"])],
    ["a rule that is off", { ...covering(["~ALL"]), enforcement: "disabled" }],
    [
      "an actor that may bypass",
      { ...covering(["~ALL"]), bypassActors: [{ actorId: 1, actorType: "Integration", bypassMode: "always" }] },
    ],
  ])("lets it through for %s", async (_why, change) => {
    const session = newSession();
    await session.create(type, "main", { ...ruleset, ...change });
    await session.create(file, "renovate", renovate);
  });
});
