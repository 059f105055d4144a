import { type Output, output } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { placeholders } from "../../../components/container-apps/container-image";
import { type SmokeCheck, smokeChecks } from "../../../operations/delivery/run-smoke-checks";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";
import { appSmokeChecks, revisionChecks, siteSmokeChecks } from "../../../stacks/smoke-checks";

describe("the smoke checks of prod", () => {
  it("are what up --smoke reads, one for each site that Pages serves", () => {
    const inventory = loadAlaiInventory();
    const checks = smokeChecks({ smokeChecks: siteSmokeChecks(inventory) });
    expect(checks.map(addressOf)).toEqual(["https://alai.no/", "https://basicconsulting.no/", "https://bilko.io/"]);
  });

  it("ask each app of the control plane how it is, a placeholder for its front page, and in dev Azure for its revision", async () => {
    const apps = loadAlaiInventory().services.services.filter((service) => service.kind === "app");
    const deployed = apps.map((entry, index) => ({
      entry: index === 1 ? { ...entry, probes: { readiness: "/health/ready" } } : entry,
      app: {
        id: output(`/apps/${entry.name}`),
        url: output(`https://${entry.name}.example`),
        image: output(index === 0 ? placeholders.app.image : `registry.example/${entry.name}@sha256:0`),
      },
    }));
    const inDev = smokeChecks({ smokeChecks: await known(output([...revisionChecks(deployed)])) });
    expect(inDev.map(addressOf)).toEqual(apps.map(({ name }) => `/apps/${name}`));
    const checks = await known(output([...appSmokeChecks(deployed)]));
    expect(smokeChecks({ smokeChecks: checks }).map(addressOf)).toEqual([
      "https://mc-api.example/",
      "https://hivemind-api.example/health/ready",
      ...["agent-runner", "skills-proxy", "auth-api", "secrets-proxy"].map((name) => `https://${name}.example/health`),
    ]);
  });
});

function known<Value>(value: Output<Value>): Promise<unknown> {
  return new Promise((resolve) => value.apply(resolve));
}

function addressOf(check: SmokeCheck): string {
  return "url" in check ? check.url : check.app;
}
