import { beforeEach, describe, expect, it } from "vitest";
import { Delivery, type DeliveryArgs, DeliverySettings } from "../../components/delivery/delivery";
import { CommitQueue, commitFiles } from "../../components/repository/repository-files";
import { approvalsOfOwners } from "../../components/repository/repository-rules";
import { SeededSandbox } from "./seeded-sandbox";

let sandbox: SeededSandbox;
beforeEach(() => {
  sandbox = new SeededSandbox();
});

const args: DeliveryArgs = {
  repository: "alai-infra",
  owners: { team: 3000001, people: 2 },
  rulesets: "offered",
  deployingApp: 600001,
};
const inputsOf = async (type: string) => (await sandbox.resources(`github:index/${type}`)).get("alai-infra")?.inputs;

describe("Delivery", () => {
  it("asks of a change what production needs, and lets our own commits through", async () => {
    await sandbox.upTwice(() => {
      const delivery = new Delivery("alai-infra", args);
      const files = { ".github/notes.txt": "ours" };
      const target = { repository: "alai-infra", branch: "main", commits: new CommitQueue(), files };
      commitFiles(delivery, "notes", target, undefined, [delivery]);
    });
    expect(await inputsOf("repositoryRuleset:RepositoryRuleset")).toMatchObject({
      enforcement: "active",
      conditions: { refName: { includes: ["~DEFAULT_BRANCH"] } },
      bypassActors: [{ actorId: 600001, actorType: "Integration", bypassMode: "always" }],
      rules: {
        deletion: true,
        nonFastForward: true,
        requiredLinearHistory: true,
        requiredSignatures: true,
        pullRequest: {
          requiredApprovingReviewCount: 1,
          dismissStaleReviewsOnPush: true,
          requireCodeOwnerReview: true,
          allowedMergeMethods: ["squash"],
          requiredReviewers: [{ minimumApprovals: 1, reviewer: { id: 3000001, type: "Team" } }],
        },
        requiredStatusChecks: {
          strictRequiredStatusChecksPolicy: true,
          requiredChecks: [
            { context: "IaC preview", integrationId: 15368 },
            { context: "Test", integrationId: 15368 },
          ],
        },
      },
    });
  });

  it("lets only pinned actions run, GitHub's own and those it names, and gives them nothing by default", async () => {
    await sandbox.upTwice(() => new Delivery("alai-infra", args));
    expect(await inputsOf("actionsRepositoryPermissions:ActionsRepositoryPermissions")).toMatchObject({
      allowedActions: "selected",
      shaPinningRequired: true,
      allowedActionsConfig: {
        githubOwnedAllowed: true,
        verifiedAllowed: false,
        patternsAlloweds: ["azure/login@*", "tailscale/github-action@*", "pulumi/actions@*"],
      },
    });
    expect(await inputsOf("workflowRepositoryPermissions:WorkflowRepositoryPermissions")).toMatchObject({
      defaultWorkflowPermissions: "read",
      canApprovePullRequestReviews: false,
    });
  });

  it("works where GitHub offers no rulesets, and warns of it", async () => {
    const { messages } = await sandbox.upTwice(() => new Delivery("alai-infra", { ...args, rulesets: "not-offered" }));
    expect(messages.join("\n")).toContain("nothing keeps changes from being pushed past review");
    expect(await inputsOf("repositoryRuleset:RepositoryRuleset")).toBeUndefined();
  });

  it("can be changed in part", async () => {
    const transform = { ruleset: { enforcement: "disabled" }, actions: { enabled: false } };
    await sandbox.upTwice(() => new Delivery("alai-infra", { ...args, transform }));
    expect(await inputsOf("repositoryRuleset:RepositoryRuleset")).toMatchObject({ enforcement: "disabled" });
    expect(await inputsOf("actionsRepositoryPermissions:ActionsRepositoryPermissions")).toMatchObject({
      enabled: false,
    });
  });

  it.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [9, 2],
  ])("in a team of %i asks for %i approvals of owners", (people, approvals) => {
    expect(approvalsOfOwners({ team: 1, people })).toBe(approvals);
  });
});

describe("DeliverySettings", () => {
  it("tells the workflows where things are", async () => {
    const variables = { AZURE_TENANT_ID: "tenant", STATE_ACCOUNT: "account" };
    await sandbox.upTwice(() => new DeliverySettings("delivery", { repository: "alai-infra", variables }));
    const made = await sandbox.resources("github:index/actionsVariable:ActionsVariable");
    expect([...made.values()].map(({ inputs }) => [inputs.variableName, inputs.value])).toEqual(
      Object.entries(variables),
    );
  });
});
