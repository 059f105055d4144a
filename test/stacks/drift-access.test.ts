import { beforeAll, describe, expect, it } from "vitest";
import { type AzureRole, azureRoles } from "../../lib/azure/built-in-roles";
import type { ResourceState } from "../../sandbox/engine/plan/resource-state";
import { jobNamed } from "../operations/delivery/workflow-fixture";
import { AlaiWorld } from "./alai-world";

const blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";
const read = `${blobs}/read`;
const changes = ["write", "delete", "add/action", "move/action", "tags/write"].map((action) => `${blobs}/${action}`);
const account = "/resourceGroups/alai-backups/providers/Microsoft.Storage/storageAccounts/alaibackups0ebb";

/** What roles let somebody do with blobs. Source: Azure documentation, "Azure built-in roles for Storage". */
const blobActions: Readonly<Record<string, readonly string[]>> = {
  "Storage Blob Data Reader": [read],
  "Storage Blob Data Contributor": [read, ...changes],
  "Storage Blob Data Owner": [read, ...changes],
} satisfies Partial<Record<AzureRole, readonly string[]>>;

describe("who looks for drift", () => {
  let resources: readonly ResourceState[] = [];
  beforeAll(async () => {
    const alai = await AlaiWorld.deployed();
    resources = await alai.resources("bootstrap");
  }, 60_000);

  const ofType = (type: string) => resources.filter((resource) => resource.type.endsWith(`:${type}`));

  /** Whom the drift workflow becomes last before it looks: by the variable that it names and the client id that is in there. */
  function principalOf(stack: string): unknown {
    const { steps } = jobNamed("drift.yml", `drift (${stack})`);
    const login = steps.findLast(({ uses }) => uses?.startsWith("azure/login@"));
    const variable = /vars\.(\w+)/.exec(String(login?.with?.["client-id"]))?.[1];
    const value = ofType("ActionsVariable").find(({ inputs }) => inputs.variableName === variable)?.inputs.value;
    const identity = ofType("UserAssignedIdentity").find(({ outputs }) => outputs.clientId === value);
    expect(identity, `${stack}: ${variable}`).toBeDefined();
    return identity?.outputs.principalId;
  }

  /** Whether somebody may do this in a container of the backup account. */
  function may(principal: unknown, action: string, container: string): boolean {
    return ofType("RoleAssignment").some(({ inputs }) => {
      const isHere = inputs.principalId === principal && isAbove(String(inputs.scope), container);
      return isHere && actionsOf(inputs).includes(action) && meets(inputs.condition, action, container);
    });
  }

  it("reads the lease that the hosts' failover name is compared with", () => {
    expect(may(principalOf("hosts"), read, "failover")).toBe(true);
  });

  it("reads nothing else of the backup account, and changes nothing there", () => {
    const principal = principalOf("hosts");
    for (const container of ["system-db-backups", "system-db-copies", "bitwarden-exports", "heartbeat", "failover-2"])
      expect([container, may(principal, read, container)]).toEqual([container, false]);
    for (const action of changes) expect([action, may(principal, action, "failover")]).toEqual([action, false]);
  });

  it("reads no lease where there is no failover name", () => {
    for (const stack of ["dev", "prod"])
      expect([stack, may(principalOf(stack), read, "failover")]).toEqual([stack, false]);
  });

  it("has no role that changes anything in Azure or assigns roles", () => {
    const principal = principalOf("hosts");
    const roles = ofType("RoleAssignment").filter(({ inputs }) => inputs.principalId === principal);
    expect(new Set(roles.map(({ inputs }) => roleOf(inputs)))).toEqual(
      new Set(["Key Vault Crypto User", "Key Vault Secrets User", "Reader", "Storage Blob Data Reader"]),
    );
  });
});

function isAbove(scope: string, container: string): boolean {
  const [, place = ""] = /^\/subscriptions\/[^/]+(.*)$/.exec(scope) ?? [];
  return `${account}/blobServices/default/containers/${container}/`.startsWith(`${place}/`);
}

function roleOf(inputs: ResourceState["inputs"]): string {
  const found = Object.entries(azureRoles).find(([, id]) => String(inputs.roleDefinitionId).endsWith(id));
  return found?.[0] ?? `no known role: ${inputs.roleDefinitionId}`;
}

function actionsOf(inputs: ResourceState["inputs"]): readonly string[] {
  return blobActions[roleOf(inputs)] ?? [];
}

/** `((!(ActionMatches{'A'})) OR (@Resource[...containers:name] StringEquals 'C'))`: for A the container has to be C. */
function meets(condition: unknown, action: string, container: string): boolean {
  if (condition === undefined) return true;
  const shape = /^\(\(!\(ActionMatches\{'([^']+)'\}\)\) OR \(@Resource\[([^\]]+)\] StringEquals '([^']+)'\)\)$/;
  const [, limited, attribute, value] = shape.exec(String(condition)) ?? [];
  expect(attribute).toBe("Microsoft.Storage/storageAccounts/blobServices/containers:name");
  return limited !== action || value === container;
}
