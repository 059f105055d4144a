import { Config, runtime } from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import type { ResourceState } from "../../sandbox/engine/plan/resource-state";
import { previewSubscription } from "../../stacks/alai/pipeline-identities";
import { AlaiWorld } from "./alai-world";

const own = "/subscriptions/00000000-0000-4000-8000-000000000009";

describe("who deploys preview environments", () => {
  let resources: readonly ResourceState[] = [];
  beforeAll(async () => {
    const alai = new AlaiWorld();
    await alai.deploy("bootstrap");
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

  it("may give nobody more than the right to pull images", () => {
    const conditions = named("RoleAssignment").flatMap(({ inputs }) => inputs.condition ?? []);
    expect(conditions).toHaveLength(1);
    const roles = String(conditions[0]).match(/[0-9a-f]{8}-[0-9a-f-]{27}/g) ?? [];
    expect([...new Set(roles)]).toEqual(["7f951dda-4ed3-4680-a7ca-43fe172d538d"]);
  });

  it("comes from the previews' environment and from nowhere else", () => {
    expect(named("FederatedIdentityCredential").map(({ inputs }) => inputs.subject)).toEqual([
      "repo:alai-org/alai-infra:environment:preview",
      "repo:alai-org@1000001/alai-infra@4000009:environment:preview",
    ]);
  });

  it("is the only one with a role in the previews' subscription", () => {
    const there = resources.filter(({ type, inputs }) => type.endsWith(":RoleAssignment") && inputs.scope === own);
    expect(there.map(({ urn }) => urn.split("::").at(-1)).every((name) => name?.startsWith("deploy-preview"))).toBe(
      true,
    );
  });
});

describe("the subscription of previews", () => {
  const settings = new Config("landscape");
  const subscriptions = (value: object) => runtime.setConfig("landscape:subscriptions", JSON.stringify(value));

  it("is the one that is set", () => {
    subscriptions({ preview: "s-9" });
    expect(previewSubscription({ settings }, ["/subscriptions/s-1"])).toBe("/subscriptions/s-9");
  });

  it("is refused when something else is deployed there, or none is set", () => {
    subscriptions({ preview: "s-1" });
    expect(() => previewSubscription({ settings }, ["/subscriptions/s-1"])).toThrow(/a subscription of their own/);
    subscriptions({});
    expect(() => previewSubscription({ settings }, [])).toThrow("landscape:subscriptions.preview");
  });
});
