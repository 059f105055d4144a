import { ActionsRepositoryOidcSubjectClaimCustomizationTemplate as SubjectTemplate } from "@pulumi/github/actionsRepositoryOidcSubjectClaimCustomizationTemplate";
import { describe, expect, it } from "vitest";
import { trustRuns } from "../../components/github-actions/oidc-subjects";
import { ManagedIdentity } from "../../components/identity/managed-identity";
import { giveRights } from "../../components/identity/people";
import type { PeoplesAccess } from "../../components/identity/schema";
import { AzureStack, type Surroundings, subscriptionId } from "./azure-stack";
import { SeededSandbox } from "./seeded-sandbox";

const group = `${subscriptionId}/resourceGroups/alai-dev`;

describe("ManagedIdentity", () => {
  it("deploys with defaults, and changes nothing the second time", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice(({ context, resourceGroupName }) => {
      const identity = new ManagedIdentity("deploy", { context, resourceGroupName });
      return { principal: identity.principalId, granted: identity.granted.length };
    });
    expect(outputs).toEqual({ principal: expect.stringMatching(/^[0-9a-f-]{36}$/), granted: 0 });
  });

  it("deploys with roles and several federated credentials, one after the other", async () => {
    const stack = new AzureStack();
    await stack.upTwice(({ context, resourceGroupName }) => {
      new ManagedIdentity("deploy", {
        context,
        resourceGroupName,
        roles: [
          { on: "group", role: "Contributor", scope: group },
          { on: "group", role: "Storage Blob Data Contributor", scope: group },
        ],
        federatedCredentials: ["dev", "prod", "pull-requests"].map((name) => ({
          name,
          subject: `repo:alai/landscape:environment:${name}`,
        })),
        transform: { identity: { tags: { Purpose: "test" } } },
      });
    });
    const roles = await stack.inputs("azure-native:authorization:RoleAssignment");
    expect([...roles.keys()]).toEqual(["deploy-contributor-on-group", "deploy-storage-blob-data-contributor-on-group"]);
    expect([...roles.values()].every((role) => role.principalType === "ServicePrincipal")).toBe(true);
    const credentials = await stack.inputs("azure-native:managedidentity:FederatedIdentityCredential");
    expect(credentials.get("deploy-dev")).toMatchObject({ audiences: ["api://AzureADTokenExchange"] });
    const identities = await stack.inputs("azure-native:managedidentity:UserAssignedIdentity");
    expect(identities.get("deploy")).toMatchObject({ tags: { Purpose: "test", Project: "alai" } });
  });

  it("refuses what is given twice", async () => {
    const credential = { name: "dev", subject: "repo:alai/landscape:environment:dev" };
    const twice = await new AzureStack().refusal(({ context, resourceGroupName }) => {
      new ManagedIdentity("deploy", { context, resourceGroupName, federatedCredentials: [credential, credential] });
    });
    expect(twice).toContain(
      'ManagedIdentity "deploy": the federated credential "dev" is given twice; keep one of them',
    );
    const grant = { on: "group", role: "Reader", scope: group } as const;
    const roles = await new AzureStack().refusal(({ context, resourceGroupName }) => {
      new ManagedIdentity("deploy", { context, resourceGroupName, roles: [grant, grant] });
    });
    expect(roles).toContain('ManagedIdentity "deploy": the role "Reader on group" is given twice; keep one of them');
  });
});

describe("rights of people", () => {
  const operators = "00000000-0000-4000-8000-0000000000aa";
  const keyId = `${group}/providers/Microsoft.KeyVault/vaults/v/keys/prod`;
  const give =
    (entries: readonly PeoplesAccess[]) =>
    ({ context }: Surroundings) => {
      const container = { name: "prod", id: group };
      const placeOf = () => ({ owner: "prod", subscription: subscriptionId.split("/")[2] ?? "", container, keyId });
      giveRights(entries, { context, groups: { operators }, placeOf });
    };
  const entry = (change: Partial<PeoplesAccess>): PeoplesAccess => ({
    ...{ group: "operators", stacks: ["prod", "hosts"], may: [], onRequest: [], ...change },
  });

  it("stand, or end after a year and are asked for; stacks that share a place give them once", async () => {
    const stack = new AzureStack();
    await stack.upTwice(
      give([entry({ may: ["read"], onRequest: ["change"] }), entry({ stacks: ["hosts"], may: ["read"] })]),
    );
    const standing = await stack.inputs("azure-native:authorization:RoleAssignment");
    expect([...standing.keys()]).toEqual([
      "people-operators-reader-on-prod",
      "people-operators-monitoring-data-reader-on-prod",
    ]);
    expect([...standing.values()][0]).toMatchObject({ principalId: operators, principalType: "Group" });
    const eligible = await stack.inputs("azure-native:authorization:PimRoleEligibilitySchedule");
    expect([...eligible]).toEqual([
      [
        "people-operators-asks-for-contributor-on-prod",
        expect.objectContaining({
          scope: subscriptionId,
          scheduleInfo: { expiration: { type: "AfterDuration", duration: "P365D" } },
        }),
      ],
    ]);
  });

  it("are refused to a group whose id nobody knows", async () => {
    const refusal = await new AzureStack().refusal(give([entry({ group: "developers", may: ["read"] })]));
    expect(refusal).toContain('people "developers": group: it has no object id: put it under landscape:peopleGroups');
  });
});

describe("what an identity believes of GitHub's tokens", () => {
  const trusted = () => ({
    subjects: trustRuns({ owner: "alai-org", name: "alai-home-web", subjects: "both" }, [
      { name: "drift", run: "environment:drift" },
    ]).map(({ subject }) => subject),
  });

  it("names the repository, and says its ids", async () => {
    const { outputs } = await new SeededSandbox().upTwice(trusted);
    expect(outputs.subjects).toEqual([
      "repo:alai-org/alai-home-web:environment:drift",
      "repo:alai-org@1000001/alai-home-web@4000001:environment:drift",
    ]);
  });

  it("is nothing where the repository has subjects of its own making, and the refusal says how they are taken back", async () => {
    const github = new SeededSandbox();
    const claims = { repository: "alai-home-web", useDefault: false, includeClaimKeys: ["actor"] };
    await github.another().up(() => new SubjectTemplate("by-hand", claims));
    expect(await github.refusal(trusted)).toContain(
      "gh api --method PUT repos/alai-org/alai-home-web/actions/oidc/customization/sub -F use_default=true",
    );
  });
});
