import { NotificationPolicy } from "@pulumi/cloudflare/notificationPolicy";
import { describe, expect, it } from "vitest";
import { EdgeAlerts, type EdgeAlertsArgs } from "../../components/edge-alerts/edge-alerts";
import { edgeAlertSchema } from "../../components/edge-alerts/schema";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { lasting as context, SeededSandbox, seeded } from "./seeded-sandbox";

const { accountId } = seeded;
const { alerts } = loadAlaiInventory().edge;

const args = (more: Partial<EdgeAlertsArgs> = {}): EdgeAlertsArgs => {
  return { context, accountId, alerts, emails: ["operators@alai.example"], ...more };
};

describe("the alert table", () => {
  it("has the six rows of the hosting blueprint, each with three steps", () => {
    const names = ["uptime", "build-failure", "certificate", "server-errors", "traffic", "bandwidth"];
    expect(alerts.map(({ name }) => name)).toEqual(names);
    expect(alerts.map(({ steps }) => steps.length)).toEqual([3, 3, 3, 3, 3, 3]);
  });

  it("names notifications that every plan sends", () => {
    const withType = (type: string) => ({ ...alerts[1], noticedBy: { kind: "cloudflare", type } });
    expect(edgeAlertSchema.safeParse(withType("pages_event_alert")).success).toBe(true);
    expect(edgeAlertSchema.safeParse(withType("http_alert_edge_error")).success).toBe(false);
  });
});

describe("EdgeAlerts", () => {
  const policyType = "cloudflare:index/notificationPolicy:NotificationPolicy";

  it("makes a policy for each row that Cloudflare notices, and again changes nothing", async () => {
    const sandbox = new SeededSandbox();
    await sandbox.upTwice(() => new EdgeAlerts("edge-alerts", args()));
    const policies = await sandbox.resources(policyType);
    expect([...policies.keys()].sort()).toEqual([
      "edge-alerts-build-failure",
      "edge-alerts-certificate",
      "edge-alerts-server-errors",
      "edge-alerts-traffic",
    ]);
    expect(policies.get("edge-alerts-build-failure")?.inputs).toMatchObject({
      alertType: "pages_event_alert",
      filters: { environments: ["ENVIRONMENT_PRODUCTION"], events: ["EVENT_DEPLOYMENT_FAILED"] },
      mechanisms: { emails: [{ id: "operators@alai.example" }] },
    });
  });

  it("takes a transform for its policies, and again changes nothing", async () => {
    const sandbox = new SeededSandbox();
    const transform = { policy: { alertInterval: "30m" } };
    await sandbox.upTwice(() => new EdgeAlerts("edge-alerts", args({ transform })));
    const policies = await sandbox.resources(policyType);
    expect(policies.get("edge-alerts-traffic")?.inputs.alertInterval).toBe("30m");
  });

  it("refuses to tell nobody", async () => {
    const refusal = await new SeededSandbox().refusal(() => new EdgeAlerts("edge-alerts", args({ emails: [] })));
    expect(refusal).toContain('EdgeAlerts "edge-alerts": emails is empty, so nobody would be told');
  });
});

describe("Cloudflare", () => {
  it.each([
    ["http_alert_edge_error", [{ id: "operators@alai.example" }], "do not have an entitlement"],
    ["universal_ssl_event_type", [], "at least one delivery mechanism"],
  ])("refuses the policy %s to %j", async (alertType, emails, message) => {
    const policy = { accountId, name: "policy", alertType, mechanisms: { emails } };
    const deployed = await new SeededSandbox().deployment.tryUp(() => new NotificationPolicy("policy", policy));
    expect(deployed.result).toBe("failed");
    expect(deployed.messages.join("\n")).toContain(message);
  });
});
