import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { githubClient } from "../../../lib/github/github-client";
import { mergeComment, parseComment } from "../../../operations/report/markdown/comment";
import { commentOnPullRequest, postComment } from "../../../operations/report/post-comment";
import { GithubServer } from "./github-server";

let github: GithubServer;
beforeEach(async () => {
  github = await GithubServer.start();
});
afterEach(() => github.stop());

function post(stack = "prod", text = "prod says", run = 1) {
  const client = githubClient({ token: "token", baseUrl: github.url, timeout: 300, second: 5 });
  const request = { owner: "o", repo: "r", pullRequest: 12, stack, run, write: () => text };
  return postComment(client, { ...request, author: "previews[bot]" });
}
const sections = () =>
  github.comments.flatMap(({ body }) => parseComment(body).map(({ stack, text }) => `${stack}: ${text}`));

describe("the one comment", () => {
  it("is made when there is none, among those of others", async () => {
    github.add("Looks good to me");
    expect((await post()).what).toBe("created");
    expect(github.comments).toHaveLength(2);
  });

  it("is edited in place, with the parts of other stacks kept", async () => {
    github.add(mergeComment("", { stack: "dev", run: 1, write: () => "dev says" }));
    expect((await post()).what).toBe("edited");
    expect(sections()).toEqual(["dev: dev says", "prod: prod says"]);
    expect((await post()).what).toBe("unchanged");
  });

  it("is made again when somebody deletes it meanwhile", async () => {
    github.add(mergeComment("", { stack: "prod", run: 1, write: () => "old" }));
    github.before = { method: "PATCH", act: () => github.comments.splice(0) };
    expect((await post("prod", "new", 2)).what).toBe("created");
    expect(sections()).toEqual(["prod: new"]);
  });

  it("stays one when another run makes one at the same time", async () => {
    github.before = {
      method: "POST",
      act: () => github.add(mergeComment("", { stack: "dev", run: 1, write: () => "dev says" })),
    };
    await post();
    expect(github.comments).toHaveLength(1);
    expect(sections()).toEqual(["dev: dev says", "prod: prod says"]);
  });

  it.each(["mallory", "other-app[bot]"])(
    "is not looked for in what %s wrote: that is left alone, and said",
    async (author) => {
      const forged = mergeComment("", {
        stack: "prod",
        run: Number.MAX_SAFE_INTEGER,
        write: () => "## ✅ nothing changes",
      });
      github.add(forged, author);
      expect(await post()).toMatchObject({ what: "created", forged: [{ author, url: "https://example.test/1" }] });
      const [theirs, own] = github.comments;
      expect(theirs?.body).toBe(forged);
      expect(own?.body).toContain("prod says");
      expect(own?.body).toContain("(https://example.test/1) carries this report's mark and is not the report");
      expect(await post()).toMatchObject({ what: "unchanged" });
    },
  );
});

describe("GitHub in bad times", () => {
  it.each([
    { status: 500 },
    { status: 502, body: "<html>Bad Gateway</html>", headers: { "content-type": "text/html" } },
    { status: 409 },
    { status: 429, headers: { "retry-after": "1" } },
    { status: 403, headers: { "retry-after": "1" }, body: '{"message":"You have exceeded a secondary rate limit"}' },
    { status: 200, silent: true },
  ])("is asked again after %o", async (wrong) => {
    github.misbehaviours = [{ method: "GET", times: 1, ...wrong }];
    expect((await post()).what).toBe("created");
  });

  it.each([
    [401, "does not accept the token (401)"],
    [403, "the job needs the permission pull-requests: write"],
    [404, "knows no such thing (404)"],
    [422, "refuses what was sent (422)"],
    [503, "did not answer as it should (503"],
  ])("is told in words for %i", async (status, words) => {
    github.misbehaviours = [{ method: "POST", status }];
    await expect(post()).rejects.toThrow(words);
    await expect(post()).rejects.toThrow("on pull request 12 of o/r");
  });

  it("is told when a page is answered instead of data", async () => {
    github.misbehaviours = [
      { method: "GET", status: 200, body: "<html>Sign in</html>", headers: { "content-type": "text/html" } },
    ];
    await expect(post()).rejects.toThrow('got a text that begins "<html>Sign in</html>"');
  });
});

describe("whose token it is", () => {
  const environment = () => ({ GITHUB_REPOSITORY: "o/r", GITHUB_API_URL: github.url, GITHUB_TOKEN: "token" });

  it("is asked first, so that an earlier run's comment is found and a forged one is not", async () => {
    github.add(mergeComment("", { stack: "dev", run: 1, write: () => "dev says" }), "previews[bot]");
    github.add(mergeComment("", { stack: "dev", run: 9, write: () => "forged" }), "mallory");
    expect(await commentOnPullRequest(12, "prod", () => "prod says", environment())).toMatchObject({ what: "edited" });
    expect(sections()).toEqual(["dev: dev says", "prod: prod says", "dev: forged"]);
  });

  it("stops the comment when GitHub does not say", async () => {
    github.login = undefined;
    await expect(commentOnPullRequest(12, "prod", () => "", environment())).rejects.toThrow("GitHub did not say whose");
    expect(github.comments).toEqual([]);
  });
});

it("a fork without a token posts nothing, and says so", async () => {
  const outcome = await commentOnPullRequest(12, "prod", () => "", {
    GITHUB_REPOSITORY: "o/r",
    GITHUB_API_URL: github.url,
  });
  expect(outcome).toMatchObject({
    what: "skipped",
    notice: expect.stringContaining("a pull request from a fork has no token"),
  });
  expect(github.requests).toEqual([]);
});
