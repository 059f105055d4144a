import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { azureRoles, builtInRole } from "../../lib/azure/built-in-roles";
import type { ResourceState } from "../../sandbox/engine/plan/resource-state";
import { alaiDelivery } from "../../stacks/alai/delivery";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { findStack, stackDefinitions, workflowStacks } from "../../stacks/registry";
import { type SubscribedStack, sharedSubscriptions, subscriptionOf } from "../../stacks/subscriptions";
import { AlaiWorld } from "./alai-world";

const own = "/subscriptions/00000000-0000-4000-8000-000000000009";

describe("who deploys preview environments", () => {
  let resources: readonly ResourceState[] = [];
  beforeAll(async () => {
    const alai = await AlaiWorld.deployed();
    resources = await alai.resources("bootstrap");
  }, 60_000);

  const named = (type: string) =>
    resources.filter((resource) => resource.type.endsWith(`:${type}`) && /::deploy-preview(-|$)/.test(resource.urn));

  it("may change the previews' own subscription, states and key, and nothing else", () => {
    const scopes = named("RoleAssignment").map(({ inputs }) => String(inputs.scope));
    expect(scopes).toHaveLength(4);
    const elsewhere = scopes.filter((scope) => scope !== own);
    expect(elsewhere).toHaveLength(2);
    expect(elsewhere.map((scope) => scope.split("/").slice(-2).join("/")).sort()).toEqual([
      "containers/preview",
      "keys/preview",
    ]);
  });

  it("may give nobody more than services of previews use, and no role that gives roles", () => {
    const conditions = named("RoleAssignment").flatMap(({ inputs }) => inputs.condition ?? []);
    expect(conditions).toHaveLength(1);
    const roles: readonly string[] = String(conditions[0]).match(/[0-9a-f]{8}-[0-9a-f-]{27}/g) ?? [];
    const given = Object.entries(azureRoles).flatMap(([role, id]) => (roles.includes(id) ? [role] : []));
    expect(given.sort()).toEqual([
      "AcrPull",
      "Azure Service Bus Data Receiver",
      "Azure Service Bus Data Sender",
      "Storage Blob Data Contributor",
      "Storage Blob Data Reader",
    ]);
    expect(new Set(roles).size).toBe(given.length);
  });

  it("comes from the previews' environment and from nowhere else", () => {
    expect(named("FederatedIdentityCredential").map(({ inputs }) => inputs.subject)).toEqual([
      "repo:alai-org/alai-infra:environment:preview",
      "repo:alai-org@1000001/alai-infra@4000009:environment:preview",
    ]);
  });

  it("is the only one with a role in the previews' subscription, beside people", () => {
    const roles = resources.filter(({ type, inputs }) => type.endsWith(":RoleAssignment") && inputs.scope === own);
    const there = roles.filter(({ inputs }) => inputs.principalType !== "Group");
    expect(there.map(({ urn }) => urn.split("::").at(-1)).every((name) => name?.startsWith("deploy-preview"))).toBe(
      true,
    );
  });

  it("leaves each stack to its own identities, which have roles in no other one's subscription", () => {
    const roles = resources.filter(({ type }) => type.endsWith(":RoleAssignment"));
    for (const stack of workflowStacks) {
      const file = readFileSync(join(__dirname, `../../Pulumi.${stack}.yaml`), "utf8");
      const own = /azure-native:subscriptionId: (\S+)/.exec(file)?.[1];
      for (const kind of ["preview", "deploy"]) {
        const ours = roles.filter(({ urn }) => urn.split("::").at(-1)?.startsWith(`${kind}-${stack}-`));
        const whole = ours.map(({ inputs }) => String(inputs.scope)).filter((scope) => scope.split("/").length === 3);
        expect([stack, kind, new Set(whole)]).toEqual([stack, kind, new Set([`/subscriptions/${own}`])]);
      }
    }
  });
});

describe("who releases an application", () => {
  let alai: AlaiWorld;
  beforeAll(async () => {
    alai = await AlaiWorld.deployed();
  }, 60_000);

  /** The roles of a principal in a stack, each with the end of its scope. */
  async function rolesOf(principal: string, stack: string): Promise<string[]> {
    const roles = (await alai.resources(stack)).filter(({ type }) => type.endsWith(":RoleAssignment"));
    return roles
      .filter(({ outputs }) => outputs.principalId === principal)
      .map(({ inputs: { roleDefinitionId, scope, condition } }) => {
        const narrowed = condition === undefined ? "" : ` ${/StringLike '(.*)'/.exec(String(condition))?.[1]}`;
        return `${builtInRole(String(roleDefinitionId))} on ${String(scope).split("/").slice(-2).join("/")}${narrowed}`;
      })
      .sort();
  }

  const principalsOf = (stack: string): { release: string; push?: string } =>
    parse(readFileSync(join(__dirname, `../../Pulumi.${stack}.yaml`), "utf8")).config["landscape:releasePrincipals"];

  it("changes and runs the services that releases own, keeps their journal, and has images come: nothing else", async () => {
    const { release } = principalsOf("latticeforge-prod");
    expect(await rolesOf(release, "bootstrap")).toEqual([
      "Key Vault Secrets User on secrets/releases-slack-webhook",
      "Key Vault Secrets User on secrets/releasing-github-app-key",
      "Reader on subscriptions/00000000-0000-4000-8000-000000000041",
      "Reader on subscriptions/00000000-0000-4000-8000-000000000042",
      "Storage Blob Data Contributor on containers/latticeforge-prod releases/latticeforge-prod/*",
    ]);
    expect(await rolesOf(release, "latticeforge-prod")).toEqual([
      ...["api", "inference", "web", "worker"].map(
        (app) => `Container Apps Contributor on containerApps/latticeforge-prod-${app}`,
      ),
      expect.stringMatching(/^Container Registry Data Importer and Data Reader on registries\/latticeforgeprod/),
      "Monitoring Data Reader on accounts/latticeforge-prod-metrics",
    ]);
    expect(await rolesOf(release, "latticeforge-staging")).toEqual([
      expect.stringMatching(/^AcrPull on registries\/latticeforgestaging/),
    ]);
    // It starts the dumps before a migration, and cannot change what they run.
    expect(await rolesOf(principalsOf("betterworld-prod").release, "betterworld-prod")).toEqual(
      expect.arrayContaining([
        "Container Apps Jobs Contributor on jobs/betterworld-prod-migrations",
        expect.stringMatching(/^Container Apps Jobs Operator on jobs\/betterworld-prod-dumps-/),
      ]),
    );
  });

  it("is another one than who pushes, who may do that alone", async () => {
    const { push = "" } = principalsOf("latticeforge-staging");
    expect(await rolesOf(push, "bootstrap")).toEqual([]);
    expect(await rolesOf(push, "latticeforge-staging")).toEqual([
      expect.stringMatching(/^AcrPush on registries\/latticeforgestaging/),
    ]);
  });

  it("is who bootstrap says, in every stack that an application is released to", async () => {
    const run = await alai.preview("bootstrap");
    const said = Object.keys(run.outputs.releasePrincipals ?? {});
    expect(said).toHaveLength(7);
    expect(run.outputs.releasePrincipals).toEqual(
      Object.fromEntries(said.map((stack) => [stack, principalsOf(stack)])),
    );
  });
});

describe("people", () => {
  let resources: readonly ResourceState[] = [];
  beforeAll(async () => {
    const alai = await AlaiWorld.deployed();
    resources = await alai.resources("bootstrap");
  }, 120_000);

  const [developers, operators] = ["00000000-0000-4000-8000-000000000081", "00000000-0000-4000-8000-000000000082"];
  /** The roles of a group in a place, at any time or on request. */
  const rolesIn = (group: string, type: string, scope: string) =>
    resources
      .filter(
        ({ type: of, inputs }) => of.endsWith(`:${type}`) && inputs.principalId === group && inputs.scope === scope,
      )
      .map(({ inputs }) => builtInRole(String(inputs.roleDefinitionId)))
      .sort();
  const [staging, production] = ["31", "32"].map((end) => `/subscriptions/00000000-0000-4000-8000-0000000000${end}`);

  it("operate what deploys without a review, look at the rest, and ask for more of it", () => {
    expect(rolesIn(developers, "RoleAssignment", staging ?? "")).toEqual([
      "Container Apps Contributor",
      "Container Apps Jobs Contributor",
      "Key Vault Secrets Officer",
      "Monitoring Contributor",
      "Monitoring Data Reader",
      "Reader",
    ]);
    expect(rolesIn(developers, "RoleAssignment", production ?? "")).toEqual(["Monitoring Data Reader", "Reader"]);
    expect(rolesIn(operators, "RoleAssignment", production ?? "")).toEqual([]);
    expect(rolesIn(operators, "PimRoleEligibilitySchedule", production ?? "")).toEqual([
      "Container Apps Contributor",
      "Container Apps Jobs Contributor",
      "Contributor",
      "Key Vault Secrets Officer",
      "Monitoring Contributor",
    ]);
    expect(rolesIn(developers, "PimRoleEligibilitySchedule", production ?? "")).toEqual([]);
  });

  it("get nothing from an identity that deploys, which gives its few roles to identities alone", () => {
    const conditions = resources.flatMap(({ urn, inputs }) =>
      /::deploy-[^:]*role-based-access-control-administrator/.test(urn) ? [String(inputs.condition)] : [],
    );
    expect(conditions).toHaveLength(workflowStacks.length + 1);
    const most = ["Owner", "Contributor", "User Access Administrator", "Role Based Access Control Administrator"];
    for (const condition of conditions)
      for (const action of ["write", "delete"]) {
        const lets = (role: string, principalType: string) => allows(condition, { action, role, principalType });
        expect(lets(azureRoles.AcrPull, "ServicePrincipal")).toBe(true);
        for (const kind of ["Group", "User", "ForeignGroup", ""])
          expect([kind, ...Object.values(azureRoles).filter((role) => lets(role, kind))]).toEqual([kind]);
        for (const role of [...most, "Key Vault Administrator", "Storage Blob Data Owner", "Locks Contributor"])
          expect([role, lets(idOf(role), "ServicePrincipal")]).toEqual([role, false]);
      }
  });
});

describe("who stops databases at night", () => {
  it("may start and stop the server and see its state, by a role that is in no production", async () => {
    const alai = await AlaiWorld.deployed();
    const role = (await alai.resources("bootstrap")).find(({ type }) => type.endsWith(":RoleDefinition"));
    const server = "Microsoft.DBforPostgreSQL/flexibleServers";
    expect(role?.inputs.permissions).toEqual([
      { actions: [`${server}/read`, `${server}/start/action`, `${server}/stop/action`] },
    ]);
    const unreviewed = alaiDelivery(loadAlaiInventory()).stacks.filter(({ approval }) => approval === "merge");
    const places = ["bootstrap", ...unreviewed.map(({ name }) => name)].map(
      (name) => `/subscriptions/${subscriptionOf(name)}`,
    );
    expect(places.length).toBeGreaterThan(4);
    expect(new Set(Object.values(role?.inputs.assignableScopes ?? {}))).toEqual(new Set(places));
    for (const stack of ["dev", "latticeforge-staging"]) {
      const resources = await alai.resources(stack);
      const given = resources.filter(
        ({ urn, type }) => type.endsWith(":RoleAssignment") && /::database-hours-job-/.test(urn),
      );
      expect(given.map(({ inputs }) => builtInRole(String(inputs.roleDefinitionId))).sort()).toEqual([
        "AcrPull",
        "Landscape Database Hours",
      ]);
      expect(given.map(({ inputs }) => String(inputs.scope)).filter((scope) => scope.includes(server))).toHaveLength(1);
      const silence = resources.filter(({ type }) => type.endsWith(":AlertProcessingRuleByName"));
      expect(silence.map(({ inputs }) => inputs.properties)).toEqual([
        expect.objectContaining({
          conditions: [
            { field: "TargetResourceType", operator: "Equals", values: expect.any(Array) },
            { field: "AlertRuleName", operator: "DoesNotContain", values: ["database-hours"] },
          ],
          actions: [{ actionType: "RemoveAllActionGroups" }],
          scopes: [expect.stringMatching(/\/resourceGroups\/[a-z]+-(?:dev|staging)$/)],
          schedule: {
            timeZone: "UTC",
            recurrences: [
              { recurrenceType: "Daily", startTime: "19:00:00", endTime: "04:30:00" },
              {
                recurrenceType: "Weekly",
                daysOfWeek: ["Saturday", "Sunday"],
                startTime: "04:00:00",
                endTime: "19:00:00",
              },
            ],
          },
        }),
      ]);
    }
    const told = [];
    for (const { name } of stackDefinitions)
      for (const { urn, inputs } of await alai.resources(name))
        if (urn.endsWith("app:Job::database-roles") && JSON.stringify(inputs).includes('"HOURS","value":"4 19 12345"'))
          told.push(name);
    expect(told).toEqual(["dev", "latticeforge-staging"]);
  }, 120_000);
});

const idOf = (role: string) =>
  ({ ...azureRoles, Owner: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635" })[role] ?? "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9";

/**
 * What Azure makes of a condition when somebody gives or takes a role. Source: Azure documentation, "Azure role assignment condition
 * format and syntax".
 */
function allows(
  condition: string,
  asked: { readonly action: string; readonly role: string; readonly principalType: string },
): boolean {
  const source = asked.action === "write" ? "Request" : "Resource";
  const attributes: Readonly<Record<string, string>> = {
    [`${source}:RoleDefinitionId`]: asked.role,
    [`${source}:PrincipalType`]: asked.principalType,
  };
  const decided = condition
    .replace(
      /ActionMatches\{'Microsoft\.Authorization\/roleAssignments\/(\w+)'\}/g,
      (_, action) => `${action === asked.action}`,
    )
    .replace(
      /@(\w+)\[Microsoft\.Authorization\/roleAssignments:(\w+)\] ForAnyOfAnyValues:(?:GuidEquals|StringEqualsIgnoreCase) \{([^}]*)\}/g,
      (_, from, name, list: string) => {
        const values = list.split(",").map((value) => value.trim().replaceAll("'", "").toLowerCase());
        return `${values.includes((attributes[`${from}:${name}`] ?? "").toLowerCase())}`;
      },
    )
    .replaceAll(" AND ", " && ")
    .replaceAll(" OR ", " || ");
  expect(decided).toMatch(/^(?:true|false|&&|\|\||[!() ])+$/);
  return new Function(`return ${decided}`)();
}

describe("subscriptions", () => {
  const shared = (name: string, subscription: string, approval: SubscribedStack["approval"]) =>
    sharedSubscriptions([
      { name: "bootstrap", system: "alai", subscription: "s-0", approval: "a-person" },
      { name: "prod", system: "alai", subscription: "s-1", approval: "reviewers" },
      { name, system: findStack(name)?.system, subscription, approval },
    ]);

  it("are shared by stacks of a system that the same people let in, and by no others", () => {
    expect(shared("hosts", "s-1", "reviewers")).toEqual([]);
    expect(shared("dev", "s-2", "merge")).toEqual([]);
    expect(shared("dev", "S-1", "merge")).toEqual([
      "whoever deploys dev could change what prod deployed, which others approve: both are in the subscription S-1; give dev one of its own, azure-native:subscriptionId in Pulumi.dev.yaml",
    ]);
    expect(shared("betterworld-prod", "s-1", "reviewers").join()).toContain("belongs to another system");
    expect(shared("hosts", "s-0", "reviewers").join()).toContain("what bootstrap deployed, which others approve");
    expect(shared("preview", "s-1", "pull-request").join()).toContain("give preview one of its own");
  });
});
