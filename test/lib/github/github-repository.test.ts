import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GithubNotConfigured } from "../../../lib/github/github-error";
import { githubRepository } from "../../../lib/github/github-repository";
import { type Answer, LocalServer, type Received } from "../../operations/drift/local-server";

describe("the repository of a workflow's run", () => {
  it("names everything that is missing", () => {
    expect(() => githubRepository({ RUN_TOKEN: "" })).toThrow(GithubNotConfigured);
    expect(() => githubRepository({})).toThrow("GITHUB_REPOSITORY and RUN_TOKEN must be set");
    expect(() => githubRepository({ GITHUB_REPOSITORY: "a/b" }, ["RUN_TOKEN", "GITHUB_TOKEN"])).toThrow(
      "RUN_TOKEN or GITHUB_TOKEN must be set",
    );
  });

  it.each(["owner", "owner/", "/name", "a/b/c"])("refuses %s as a repository", (repository) => {
    expect(() => githubRepository({ GITHUB_REPOSITORY: repository, RUN_TOKEN: "t" })).toThrow("expected owner/name");
  });
});

describe("its client", () => {
  let server: LocalServer;
  let answers: Answer[];
  const received = (): readonly Received[] => server.received;

  beforeEach(async () => {
    server = await LocalServer.start(() => answers.shift() ?? { status: 200, body: { ok: true } });
  });
  afterEach(() => server.close());

  const ask = (tokens?: readonly string[]) =>
    githubRepository(
      {
        GITHUB_REPOSITORY: "owner/name",
        RUN_TOKEN: "run",
        GITHUB_TOKEN: "app",
        GITHUB_API_URL: server.url,
        GITHUB_RETRY_MILLISECONDS: "1",
      },
      tokens,
    ).api.request("GET /rate_limit");

  it("uses the first token that is set", async () => {
    answers = [];
    await ask();
    await ask(["GITHUB_TOKEN", "RUN_TOKEN"]);
    expect(received().map(({ headers }) => headers.authorization)).toEqual(["token run", "token app"]);
  });

  it("waits for a limit and asks again", async () => {
    answers = [
      { status: 429, body: { message: "slow down" }, headers: { "retry-after": "1" } },
      { status: 502, body: { message: "bad gateway" } },
    ];
    expect((await ask()).status).toBe(200);
    expect(received()).toHaveLength(3);
  });

  it.each([400, 401, 403, 404, 410, 422])("does not repeat what GitHub refuses with %i", async (status) => {
    answers = [{ status, body: { message: "no" } }];
    await expect(ask()).rejects.toThrow("no");
    expect(received()).toHaveLength(1);
  });

  it("gives up after three more tries", async () => {
    answers = Array.from({ length: 9 }, () => ({ status: 502, body: { message: "bad gateway" } }));
    await expect(ask()).rejects.toThrow("bad gateway");
    expect(received()).toHaveLength(4);
  });
});
