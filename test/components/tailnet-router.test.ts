import { describe, expect, it } from "vitest";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { KeyVault } from "../../components/key-vault/key-vault";
import { TailnetRouter, type TailnetRouterArgs } from "../../components/tailnet-router/tailnet-router";
import { AzureStack, type Surroundings, tenantId } from "./azure-stack";

function router(around: Surroundings, more: Partial<TailnetRouterArgs> = {}) {
  const environment = new ContainerAppsEnvironment("apps", around);
  const reachedBy = [{ who: "laptops", via: "tailnet-router" }] as const;
  const vault = new KeyVault("vault", { ...around, tenantId, reachedBy, secrets: ["tailnet-router-key"] });
  return new TailnetRouter("router", {
    ...around,
    environment,
    routes: around.network.privateBlocks,
    tag: "tag:router",
    authKey: vault.secret("tailnet-router-key"),
    privateNames: [...vault.privateNames, ...environment.privateNames],
    ...more,
  });
}

describe("TailnetRouter", () => {
  it("deploys, says which names it resolves, and changes nothing the second time", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice((around) => {
      const { splitDns, routes } = router(around);
      return { splitDns, routes };
    });
    expect(outputs).toEqual({
      routes: ["10.20.3.0/26", "10.20.2.0/28", "168.63.129.16/32"],
      splitDns: {
        domains: [expect.stringMatching(/vault\.azure\.net$/), expect.stringMatching(/azurecontainerapps\.io$/)],
        nameservers: ["168.63.129.16"],
      },
    });
    const app = (await stack.inputs("azure-native:app:ContainerApp")).get("router");
    expect(app).toMatchObject({
      template: {
        scale: { minReplicas: 1, maxReplicas: 1 },
        containers: [{ image: expect.stringMatching(/^ghcr\.io\/tailscale\/tailscale@sha256:/) }],
      },
      configuration: { secrets: [{ name: "ts-authkey" }] },
    });
    expect(app?.configuration).not.toHaveProperty("ingress");
    expect(JSON.stringify(app)).toContain('{"name":"TS_ROUTES","value":"10.20.3.0/26,10.20.2.0/28,168.63.129.16/32"}');
  });

  it("deploys with an image of one's own", async () => {
    const image = { repository: "ghcr.io/tailscale/tailscale", digest: `sha256:${"a".repeat(64)}` };
    await new AzureStack().upTwice((around) => router(around, { image }));
  });

  it("refuses routes and tags that are none, all at once", async () => {
    const refusal = await new AzureStack().refusal((around) =>
      router(around, { routes: ["0.0.0.0/0", "nonsense"], tag: "router" }),
    );
    expect(refusal).toContain(
      'TailnetRouter "router": routes: "0.0.0.0/0" would make it an exit node; give the network\'s private blocks',
    );
    expect(refusal).toContain('TailnetRouter "router": routes[1]: expected an IPv4 block');
    expect(refusal).toContain('TailnetRouter "router": tag: expected a tag, for example "tag:host", got "router"');
    const none = await new AzureStack().refusal((around) => router(around, { routes: [] }));
    expect(none).toContain('TailnetRouter "router": routes: expected at least one of the network\'s private blocks');
  });
});
