import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { previewWorkflow } from "../../components/static-site/site-preview-workflow";
import { runStep } from "./run-step";

interface Comment {
  readonly id: number;
  readonly user: { readonly login: string } | null;
  readonly body: string | null;
}

const step = previewWorkflow().jobs.tell?.steps[0];
const address = "https://pr-7.alai-home-web.pages.dev";
const gh = `exec "${process.execPath}" "${join(__dirname, "fake-gh.mjs")}" "$@"`;
const others = (count: number): Comment[] =>
  Array.from({ length: count }, (_, index) => ({ id: index + 1, user: { login: "reviewer" }, body: "a remark" }));

/** A pull request with comments, and what runs of the workflow make of them. */
function pullRequest(before: readonly Comment[]) {
  const file = join(mkdtempSync(join(tmpdir(), "comments-")), "comments.json");
  writeFileSync(file, JSON.stringify(before));
  return {
    comments: (): Comment[] => JSON.parse(readFileSync(file, "utf8")),
    tell: (env: Readonly<Record<string, string>> = {}) =>
      runStep(
        step,
        {
          ...{ GH_TOKEN: "token", REPOSITORY: "alai-org/alai-home-web", NUMBER: "7", COMMIT: "c0ffee" },
          ...{ ADDRESS: address, COMMENTS: file, ...env },
        },
        { gh },
      ),
  };
}

const hasJq = spawnSync("jq", ["--version"]).status === 0;

describe.skipIf(!hasJq)(`the comment with a preview's address${hasJq ? "" : " (needs jq)"}`, () => {
  it("is made once, and edited by every further push", () => {
    const { comments, tell } = pullRequest(others(2));
    expect(tell()).toMatchObject({ status: 0, said: "" });
    const [, , made, ...more] = comments();
    expect(made).toMatchObject({
      user: { login: "github-actions[bot]" },
      body: expect.stringContaining(`Preview: ${address} (of c0ffee)`),
    });
    expect(more).toEqual([]);
    expect(tell({ COMMIT: "facade" }).status).toBe(0);
    expect(comments()).toEqual([
      ...others(2),
      { ...made, body: expect.stringContaining(`Preview: ${address} (of facade)`) },
    ]);
  });

  it("is found behind a hundred others", () => {
    const { comments, tell } = pullRequest(others(130));
    tell();
    tell({ COMMIT: "facade" });
    expect(comments()).toHaveLength(131);
    expect(comments().at(-1)?.body).toContain("facade");
  });

  it("is the workflow's own: nobody else's is edited, though it looks the same", () => {
    const own = pullRequest([]);
    own.tell();
    const body = own.comments()[0]?.body ?? "";
    const before: Comment[] = [
      { id: 1, user: { login: "reviewer" }, body },
      { id: 2, user: null, body },
      { id: 3, user: { login: "github-actions[bot]" }, body: "of another workflow" },
      { id: 4, user: { login: "github-actions[bot]" }, body: null },
    ];
    const { comments, tell } = pullRequest(before);
    tell({ COMMIT: "facade" });
    expect(comments().slice(0, -1)).toEqual(before);
    expect(comments().at(-1)).toMatchObject({ id: 5, body: expect.stringContaining("facade") });
  });

  it("is the oldest, should there ever be two", () => {
    const { comments, tell } = pullRequest([]);
    tell();
    const [made] = comments();
    if (made === undefined) throw new Error("no comment was made");
    const two = pullRequest([made, { ...made, id: 2 }]);
    expect(two.tell({ COMMIT: "facade" }).status).toBe(0);
    expect(two.comments()).toEqual([
      { ...made, body: expect.stringContaining("facade") },
      { ...made, id: 2 },
    ]);
  });

  it.each(["GET", "POST", "PATCH"])("fails when GitHub answers no to a %s", (method) => {
    const { comments, tell } = pullRequest([]);
    if (method === "PATCH") tell();
    const before = comments();
    const run = tell({ COMMIT: "facade", FAILING: method });
    expect(run.status).toBe(1);
    expect(run.said).toContain("Resource not accessible by integration");
    expect(comments()).toEqual(before);
  });

  it("fails, and asks GitHub nothing, when the deployment said no address", () => {
    const { comments, tell } = pullRequest([]);
    expect(tell({ ADDRESS: "" })).toMatchObject({
      status: 1,
      said: expect.stringContaining("has said no address"),
    });
    expect(comments()).toEqual([]);
  });
});
