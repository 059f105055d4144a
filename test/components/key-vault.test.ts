import { describe, expect, it } from "vitest";
import { KeyVault } from "../../components/key-vault/key-vault";
import type { Reach } from "../../components/reach/reach-plan";
import { AzureStack, type Surroundings, tenantId } from "./azure-stack";

const fromApps: Reach[] = [{ who: "apps", via: "private-endpoint" }];
const vault = (around: Surroundings, more: Partial<ConstructorParameters<typeof KeyVault>[1]> = {}) =>
  new KeyVault("secrets", { ...around, tenantId, reachedBy: fromApps, ...more });

describe("KeyVault", () => {
  it("deploys closed, with a private endpoint, and changes nothing the second time", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice((around) => {
      const { uri, privateNames } = vault(around);
      return { uri, privateNames };
    });
    const name = /^https:\/\/([a-z0-9-]+)\.vault\.azure\.net\/$/.exec(String(outputs.uri))?.[1];
    expect(outputs.privateNames).toEqual([`${name}.vault.azure.net`]);
    expect((await stack.inputs("azure-native:keyvault:Vault")).get("secrets")?.properties).toMatchObject({
      enablePurgeProtection: true,
      enableSoftDelete: true,
      softDeleteRetentionInDays: 90,
      enableRbacAuthorization: true,
      publicNetworkAccess: "Disabled",
      networkAcls: { defaultAction: "Deny", ipRules: [] },
    });
    await stack.destroy();
    expect(await stack.resources()).toEqual([]);
  });

  it("deploys with everything set, and changes nothing the second time", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice((around) => {
      const made = vault(around, {
        reachedBy: [...fromApps, { who: "laptops", via: "addresses", addresses: ["203.0.113.7", "198.51.100.0/24"] }],
        secrets: ["model-api-key", "git-token"],
        keys: ["stack"],
        roles: [
          {
            who: "anna",
            role: "Key Vault Secrets Officer",
            principalId: "10000000-0000-4000-8000-000000000001",
            principalType: "User",
          },
        ],
        transform: { vault: { tags: { Purpose: "test" } } },
      });
      return {
        newest: made.secret("git-token").uri,
        pinned: made.secret("git-token", "v1").uri,
        key: made.keyUri("stack"),
      };
    });
    expect(outputs.newest).toMatch(/vault\.azure\.net\/secrets\/git-token$/);
    expect(outputs.pinned).toBe(`${String(outputs.newest)}/v1`);
    expect(outputs.key).toMatch(/vault\.azure\.net\/keys\/stack\/[0-9a-f]{32}$/);
    expect((await stack.inputs("azure-native:keyvault:Vault")).get("secrets")?.properties).toMatchObject({
      publicNetworkAccess: "Enabled",
      networkAcls: { defaultAction: "Deny", ipRules: [{ value: "198.51.100.0/24" }, { value: "203.0.113.7/32" }] },
    });
  });

  it("never overwrites a secret that was set by hand, whatever changes around it", async () => {
    const stack = new AzureStack();
    const tagged = (tags: Record<string, string>) => (around: Surroundings) =>
      vault(around, { secrets: ["git-token"], transform: { secret: { tags }, vault: { tags } } });
    await stack.up(tagged({ Ticket: "1" }));
    const before = secretVersions(stack);
    const second = await stack.up(tagged({ Ticket: "2" }));
    expect(second.changes).toMatchObject({ update: 1 });
    expect(secretVersions(stack)).toEqual(before);
  });

  it("goes, with secrets that nobody could delete one by one", async () => {
    const stack = new AzureStack();
    await stack.up((around) => vault(around, { secrets: ["git-token"], keys: ["stack"] }));
    await stack.destroy();
    expect(await stack.resources()).toEqual([]);
  });

  it("refuses a vault that nobody reaches, and one open to the world", async () => {
    const nobody = await new AzureStack().refusal((around) => vault(around, { reachedBy: [] }));
    expect(nobody).toContain('KeyVault "secrets": reachedBy is empty, so nobody could use it');
    const everybody: Reach[] = [{ who: "ci", via: "addresses", addresses: ["0.0.0.0/0"] }];
    const open = await new AzureStack().refusal((around) => vault(around, { reachedBy: everybody }));
    expect(open).toContain('KeyVault "secrets": reachedBy for ci lists "0.0.0.0/0", which is wider than /24');
    const lost = await new AzureStack().refusal((around) => vault(around, { network: undefined }));
    expect(lost).toContain('KeyVault "secrets": reachedBy says apps via private-endpoint, but no network is given');
  });

  it("refuses a role that does not say what its principal is, and calls a person a User", async () => {
    const anna = {
      who: "anna",
      role: "Key Vault Secrets Officer",
      principalId: "3b0d7c52-8c1e-4a55-9d0b-2f6a6f0e1a11",
    } as const;
    const untyped: object = { roles: [anna] };
    const refused = await new AzureStack().refusal((around) => vault(around, untyped));
    expect(refused).toContain("roles[0].principalType");
    const stack = new AzureStack();
    await stack.upTwice((around) => {
      vault(around, { roles: [{ ...anna, principalType: "User" }] });
      return {};
    });
    expect([...(await stack.inputs("azure-native:authorization:RoleAssignment")).values()]).toMatchObject([
      { principalType: "User" },
    ]);
  });

  it("refuses references to what it does not have", async () => {
    const secret = await new AzureStack().refusal((around) => vault(around).secret("token"));
    expect(secret).toContain('KeyVault "secrets": the secret "token" is not declared; add it to the vault\'s secrets');
    const key = await new AzureStack().refusal((around) => vault(around).keyUri("stack"));
    expect(key).toContain('KeyVault "secrets": the key "stack" is not declared; add it to the vault\'s keys');
  });
});

/** What Azure holds of the secrets, by what an update would change. */
function secretVersions(stack: AzureStack) {
  return stack.world
    .objects()
    .filter(({ kind }) => kind === "azure-native:keyvault:Secret")
    .map(({ properties }) => ({ tags: properties.tags, properties: properties.properties }));
}
