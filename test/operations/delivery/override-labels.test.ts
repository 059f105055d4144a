import { afterEach, describe, expect, it } from "vitest";
import { githubRepository } from "../../../lib/github/github-repository";
import {
  type LabelledPullRequest,
  readChangeOverrides,
  readOverrideLabels,
} from "../../../operations/delivery/override-labels";
import { guardNames } from "../../../operations/guard/guard-finding";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";
import { type Answer, LocalServer } from "./local-server";

const pull = (labels: readonly string[], body: string | null, more: Partial<LabelledPullRequest> = {}) => ({
  ...{
    number: 12,
    user: { login: "ann" },
    body,
    labels: labels.map((name) => ({ name })),
    merged_at: null,
    merge_commit_sha: null,
  },
  ...more,
});

describe("an override by label", () => {
  it("takes its reason from the description, and says whose it is", () => {
    const body =
      "Moves the account.\r\n\r\n  override Stateful: the data was moved before; $(id) `id`\r\nOverride retention: no label";
    expect(readOverrideLabels(pull(["bug", "override:stateful"], body))).toEqual([
      { guard: "stateful", reason: "the data was moved before; $(id) `id` (pull request #12)" },
    ]);
  });

  it("is nothing without its label, whatever the description says", () => {
    expect(readOverrideLabels(pull(["stateful"], "Override stateful: the data was moved before"))).toEqual([]);
  });

  it.each([
    ["there is no description", ["override:stateful"], null],
    ["the reason says nothing", ["override:stateful"], "Override stateful: ok"],
    [
      "the reason is in a comment of the template",
      ["override:stateful"],
      "<!--\nOverride stateful: why it may be lost -->",
    ],
    ["the reason is another guard's", ["override:stateful"], "Override retention: kept elsewhere by now"],
    ["no such guard exists", ["override:everything"], "Override everything: because we are in a hurry"],
  ])("is refused when %s", (_why, labels, body) => {
    expect(() => readOverrideLabels(pull(labels, body))).toThrow(
      /pull request #12 has an override that cannot be used/,
    );
  });

  it("has its label in the repository", () => {
    const { repositories, pipelines } = loadAlaiInventory();
    const own = repositories.repositories.find(({ name }) => name === pipelines.repository);
    const labels = own?.labels.map(({ name }) => name);
    expect(labels).toEqual(expect.arrayContaining(guardNames.map((guard) => `override:${guard}`)));
  });
});

describe("asking GitHub", () => {
  let server: LocalServer;
  afterEach(() => server.stop());
  const labelled = (name: string, login: string, type = "User") => ({
    event: "labeled",
    actor: { login, type },
    label: { name },
  });
  const ask = async (answer: Answer, events: readonly object[] = [labelled("override:stateful", "ben")]) => {
    server = await LocalServer.start(({ path }) =>
      path.includes("/timeline?") ? { status: 200, body: path.endsWith("page=1") ? events : [] } : answer,
    );
    return readChangeOverrides(githubRepository(environmentOf(server)), { by: "commit", commit: "abc" });
  };

  it("believes only the pull request that was merged as the commit", async () => {
    const body = "Override stateful: the data was moved before";
    const merged = { merged_at: "2026-01-01T00:00:00Z", merge_commit_sha: "abc" };
    const others = [
      { ...merged, merge_commit_sha: "def" },
      { ...merged, merged_at: null },
    ];
    const answer = [
      ...others.map((more) => pull(["override:retention"], body, more)),
      pull(["override:stateful"], body, merged),
    ];
    expect(await ask({ status: 200, body: answer })).toMatchObject([{ guard: "stateful" }]);
    expect(server.seen[0]?.path).toBe("/repos/alai-org/alai-infra/commits/abc/pulls");
  });

  const merged = pull(["override:stateful"], "Override stateful: the data was moved before", {
    merged_at: "2026-01-01T00:00:00Z",
    merge_commit_sha: "abc",
  });
  const byBen = labelled("override:stateful", "ben");
  const byAnn = labelled("override:stateful", "ann");

  it.each([
    ["the author gave it", [byAnn], "ann gave it, who is the author"],
    [
      "the author gave it again, after another took it off",
      [byBen, { event: "unlabeled" }, byAnn],
      "who is the author",
    ],
    [
      "a program gave it",
      [labelled("override:stateful", "helper[bot]", "Bot")],
      "helper[bot] gave it, which is not a person",
    ],
    ["another label was given", [labelled("bug", "ben")], "GitHub does not say who gave it"],
    ["whoever gave it is gone", [{ ...byBen, actor: null }], "GitHub does not say who gave it"],
  ])("refuses a label when %s", async (_why, events, words) => {
    await expect(ask({ status: 200, body: [merged] }, events)).rejects.toThrow(words);
  });

  it("reads every page of who gave labels", async () => {
    const first = [byBen, ...Array.from({ length: 99 }, () => ({ event: "commented" }))];
    server = await LocalServer.start(({ path }) => ({
      status: 200,
      body: path.includes("/timeline?") ? (path.endsWith("page=1") ? first : [byAnn]) : [merged],
    }));
    const asked = readChangeOverrides(githubRepository(environmentOf(server)), { by: "commit", commit: "abc" });
    await expect(asked).rejects.toThrow("who is the author");
  });

  it.each([
    ["refuses", { status: 403, body: { message: "Resource not accessible by integration" } }],
    ["fails", { status: 502, body: "<html>Bad Gateway</html>" }],
    [
      "answers with a page",
      { status: 200, body: "<html>maintenance</html>", headers: { "content-type": "text/html" } },
    ],
  ])("sets nothing aside when it %s", async (_what, answer) => {
    await expect(ask(answer)).rejects.toThrow();
  });
});

const environmentOf = (server: LocalServer) => ({
  GITHUB_API_URL: server.url,
  GITHUB_REPOSITORY: "alai-org/alai-infra",
  GITHUB_RETRY_MILLISECONDS: "1",
  RUN_TOKEN: "canary-run-token",
});
