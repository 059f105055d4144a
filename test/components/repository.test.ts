import { spawnSync } from "node:child_process";
import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it } from "vitest";
import { Repository, type RepositoryArgs } from "../../components/repository/repository";
import { CommitQueue } from "../../components/repository/repository-files";
import { branchNameSchema, repositoryNameSchema, repositorySchema } from "../../components/repository/schema";
import { lasting, passing, SeededSandbox } from "./seeded-sandbox";

const smallest = repositorySchema.parse({ name: "alai-new-web", visibility: "private" });
let sandbox: SeededSandbox;

beforeEach(() => {
  sandbox = new SeededSandbox();
});

const repositoryType = "github:index/repository:Repository";

describe("Repository", () => {
  it("makes a repository that is archived, not deleted, when it leaves", async () => {
    const { outputs } = await sandbox.upTwice(() => {
      const repository = new Repository("alai-new-web", { context: passing, repository: smallest });
      return { name: repository.repositoryName, fullName: repository.fullName };
    });
    expect(outputs).toEqual({ name: "alai-new-web", fullName: "alai-org/alai-new-web" });
    const repository = (await sandbox.resources(repositoryType)).get("alai-new-web");
    expect(repository?.inputs).toMatchObject({ visibility: "private", archiveOnDestroy: true });
  });

  it("does everything at once, in a repository that exists", async () => {
    await sandbox.upTwice(
      () =>
        new Repository("alai-home-web", {
          context: lasting,
          repository: repositorySchema.parse({
            name: "alai-home-web",
            visibility: "public",
            adopt: true,
            labels: [{ name: "security", color: "d73a4a", description: "Fix first" }],
            variables: { REGION: "swedencentral" },
            environments: [{ name: "production", reviewers: { teams: [3000001] }, secrets: ["DEPLOY_TOKEN"] }],
          }),
          variables: { CLIENT_ID: pulumi.output("id") },
          files: { branch: "main", commits: new CommitQueue(), contents: { "a.txt": "a", "b.txt": "b" } },
          oidcSubjectClaims: ["repo", "context"],
          transform: {
            repository: { allowForking: true },
            label: { color: "000000" },
            variable: (_args, opts) => void Object.assign(opts, { retainOnDelete: true }),
            secret: (_args, opts) => void Object.assign(opts, { retainOnDelete: true }),
            environment: { waitTimer: 5 },
            file: { commitMessage: "by the program" },
            oidcSubject: { includeClaimKeys: ["repo"] },
          },
        } satisfies RepositoryArgs),
    );
    const repository = (await sandbox.resources(repositoryType)).get("alai-home-web");
    expect(repository).toMatchObject({ id: "alai-home-web", protect: true, retainOnDelete: true });
    const environment = await sandbox.resources("github:index/repositoryEnvironment:RepositoryEnvironment");
    expect(environment.get("alai-home-web-production")?.inputs).toMatchObject({
      canAdminsBypass: false,
      preventSelfReview: true,
      waitTimer: 5,
    });
  });

  it("makes an environment's secret after its branches are limited, and leaves it as somebody sets it", async () => {
    const repository = repositorySchema.parse({
      ...smallest,
      environments: [{ name: "production", branches: ["live"], secrets: ["DEPLOY_TOKEN"] }],
    });
    const program = () => new Repository("alai-new-web", { context: passing, repository });
    await sandbox.upTwice(program);
    const secretType = "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret";
    const made = (await sandbox.resources(secretType)).get("alai-new-web-production-DEPLOY_TOKEN");
    expect(made?.dependencies.some((urn) => urn.endsWith("alai-new-web-production-live"))).toBe(true);
    const setByHand = { updatedAt: "2099-01-01T00:00:00Z", remoteUpdatedAt: "2099-01-01T00:00:00Z" };
    await sandbox.world.transact((world) => {
      const secret = world.get(secretType, made?.id ?? "");
      if (secret === undefined) throw new Error("the secret is there");
      world.put({ ...secret, properties: { ...secret.properties, ...setByHand } });
    });
    await sandbox.deployment.refresh();
    expect(Object.keys((await sandbox.deployment.up(program)).changes)).toEqual(["same"]);
  });

  it("leaves alone what an adopted repository has and the inventory does not speak of", async () => {
    const before = sandbox.world.objects().find((object) => object.id === "alai-home-web")?.properties;
    const repository = repositorySchema.parse({ name: "alai-home-web", visibility: "public", adopt: true });
    await sandbox.upTwice(() => new Repository("alai-home-web", { context: lasting, repository }));
    const after = sandbox.world.objects().find((object) => object.id === "alai-home-web")?.properties;
    expect(after).toMatchObject(before ?? {});
  });

  it("refuses a variable of two owners", async () => {
    const repository = repositorySchema.parse({ ...smallest, variables: { REGION: "a" } });
    const program = () => new Repository("r", { context: lasting, repository, variables: { REGION: "b" } });
    expect(await sandbox.refusal(program)).toContain(
      'Repository "r": variables.REGION: is set by the inventory and by the program; keep one of them',
    );
  });

  it.each([
    [{ name: "alai-org/web", visibility: "private" }],
    [{ name: "web", visibility: "secret" }],
    [{ name: "web", visibility: "private", labels: [{ name: "a", color: "#d73a4a" }] }],
    [{ name: "web", visibility: "private", variables: { GITHUB_TOKEN: "x" } }],
    [{ name: "web", visibility: "private", topic: "x" }],
  ])("does not parse %j", (entry) => {
    expect(repositorySchema.safeParse(entry).success).toBe(false);
  });
});

describe("names", () => {
  const branches = ["main", "release/1.2", "a.b", "a..b", "a//b", "a/", "a.", "a/.b", "a.lock", "a.lock/b", "a-b_c"];
  it.each(branches)("of branches are taken where git takes them: %s", (name) => {
    const { status } = spawnSync("git", ["check-ref-format", "--branch", name]);
    expect(branchNameSchema.safeParse(name).success).toBe(status === 0);
  });

  it.each([
    "refs/heads/main",
    "0123456789abcdef0123456789ABCDEF01234567",
    "-a",
    "a b",
    "a'b",
    "a$b",
    "",
    "x".repeat(101),
  ])("of branches that GitHub refuses, or that mean something in a workflow, are refused: %s", (name) =>
    expect(branchNameSchema.safeParse(name).success).toBe(false),
  );

  it.each([
    ["alai-home-web", true],
    ["...", true],
    [".github", true],
    [".", false],
    ["..", false],
    ["a.git", false],
    ["a.WIKI", false],
    ["a/b", false],
    ["x".repeat(101), false],
  ])("of repositories are taken where GitHub takes them: %s %s", (name, taken) =>
    expect(repositoryNameSchema.safeParse(name).success).toBe(taken),
  );
});
