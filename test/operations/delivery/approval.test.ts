import { afterEach, describe, expect, it } from "vitest";
import { githubRepository } from "../../../lib/github/github-repository";
import { findMissingApproval } from "../../../operations/delivery/missing-approval";
import { findWorkflowRun } from "../../../operations/delivery/stale-lock";
import { type Answer, LocalServer } from "./local-server";

let server: LocalServer | undefined;
afterEach(() => server?.stop());

const protectedWell = {
  can_admins_bypass: false,
  deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
  protection_rules: [
    { type: "branch_policy" },
    { type: "required_reviewers", prevent_self_review: true, reviewers: [{ type: "Team" }] },
  ],
};
const approved = [{ state: "approved", environments: [{ name: "prod" }] }];

const onlyMain = { status: 200, body: { total_count: 1, branch_policies: [{ name: "main" }] } };

async function repository(environment: Answer, approvals: Answer, branches: Answer = onlyMain) {
  server = await LocalServer.start(({ path }) => {
    if (path.endsWith("/approvals")) return approvals;
    return path.endsWith("/deployment-branch-policies") ? branches : environment;
  });
  return githubRepository({
    GITHUB_API_URL: server.url,
    GITHUB_REPOSITORY: "alai-org/alai-infra",
    GITHUB_RETRY_MILLISECONDS: "1",
    RUN_TOKEN: "t",
  });
}
const run = { id: 77, branch: "main" };
const missing = async (environment: unknown, approvals: unknown = approved, branches: unknown = onlyMain.body) =>
  findMissingApproval(
    await repository(
      { status: 200, body: environment },
      { status: 200, body: approvals },
      { status: 200, body: branches },
    ),
    "prod",
    run,
  );

describe("an approval", () => {
  it("is there when reviewers are enforced and one approved this run", async () => {
    expect(await missing(protectedWell)).toEqual([]);
    expect(server?.seen.map(({ path }) => path)).toEqual([
      "/repos/alai-org/alai-infra/environments/prod",
      "/repos/alai-org/alai-infra/environments/prod/deployment-branch-policies",
      "/repos/alai-org/alai-infra/actions/runs/77/approvals",
    ]);
  });

  it.each([
    [
      "no rules at all, as on a plan without reviewers",
      { can_admins_bypass: false, protection_rules: [] },
      "no required reviewers",
    ],
    [
      "a rule without reviewers",
      { protection_rules: [{ type: "required_reviewers", reviewers: [] }] },
      "no required reviewers",
    ],
    ["nothing said", {}, "no required reviewers"],
    ["another answer", "<html>", "does not say how"],
    ["administrators who may skip it", { ...protectedWell, can_admins_bypass: true }, "administrators skip"],
    ["nothing said of administrators", { protection_rules: protectedWell.protection_rules }, "administrators skip"],
    [
      "people who may approve themselves",
      { can_admins_bypass: false, protection_rules: [{ type: "required_reviewers", reviewers: [{}] }] },
      "approve their own runs",
    ],
  ])("is missing with %s", async (_what, environment, expected) => {
    expect((await missing(environment)).join("\n")).toContain(expected);
  });

  const named = (...names: readonly string[]) => ({ branch_policies: names.map((name) => ({ name })) });
  it.each([
    ["nothing limits the branches", { ...protectedWell, deployment_branch_policy: null }, named("main")],
    [
      "the protected branches may deploy, of which a ruleset makes none",
      { ...protectedWell, deployment_branch_policy: { protected_branches: true, custom_branch_policies: false } },
      named("main"),
    ],
    ["another branch may deploy, too", protectedWell, named("main", "fix/*")],
    ["every branch may deploy", protectedWell, named("*")],
    ["no branch is named", protectedWell, named()],
    ["the answer is no list", protectedWell, {}],
  ])("is missing when %s", async (_what, environment, branches) => {
    expect(await missing(environment, approved, branches)).toEqual([
      "the environment prod lets other branches than main deploy; it has to name main and no other as its deployment branch",
    ]);
  });

  it.each([
    ["nobody answered", []],
    ["it was rejected", [{ state: "rejected", environments: [{ name: "prod" }] }]],
    ["it was for another environment", [{ state: "approved", environments: [{ name: "dev" }] }]],
    ["the answer is no list", {}],
  ])("is missing when %s", async (_what, approvals) => {
    expect(await missing(protectedWell, approvals)).toEqual(["nobody approved this run for the environment prod"]);
  });

  it("is missing when GitHub refuses to tell", async () => {
    const refused = { status: 403, body: { message: "Resource not accessible by integration" } };
    await expect(findMissingApproval(await repository(refused, refused), "prod", run)).rejects.toThrow(
      "not accessible",
    );
  });
});

describe("a workflow run", () => {
  it("is found, or is not there", async () => {
    const found = await repository({ status: 200, body: { status: "completed", run_attempt: 2 } }, { status: 200 });
    expect(await findWorkflowRun(found, 5)).toEqual({ status: "completed", attempt: 2 });
    await server?.stop();
    const gone = await repository({ status: 404, body: { message: "Not Found" } }, { status: 200 });
    expect(await findWorkflowRun(gone, 5)).toBeUndefined();
    await server?.stop();
    const failing = await repository({ status: 500, body: {} }, { status: 200 });
    await expect(findWorkflowRun(failing, 5)).rejects.toThrow();
  });
});
