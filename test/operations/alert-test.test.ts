import { afterEach, describe, expect, it } from "vitest";
import { Alerts } from "../../components/observability/alerts";
import { AzureAlertTester, actionGroups } from "../../operations/alert-test";
import { EmulatedAlertTester, refusedMailType } from "../../sandbox/clouds/emulated-alert-tester";
import { smallProject } from "../cli/small-project";
import { AzureStack } from "../components/azure-stack";
import { type Answer, LocalServer, type SeenRequest } from "./delivery/local-server";

const groupId =
  "/subscriptions/00000000-0000-4000-8000-000000000042/resourceGroups/a/providers/Microsoft.Insights/actionGroups/critical";

describe("a test of alerts at Azure", () => {
  let server: LocalServer;
  afterEach(() => server.stop());

  const receivers = [
    { name: "pagerduty", emailAddress: "pagerduty@example.com" },
    { name: "ops", emailAddress: "ops@example.com" },
  ];
  async function tester(enabled: boolean, details: readonly object[]) {
    const answer = ({ method, path }: SeenRequest, url: string): Answer => {
      if (method === "POST") return { status: 202, headers: { location: `${url}/status` } };
      if (path.startsWith("/status")) return { status: 200, body: { state: "Complete", actionDetails: details } };
      return { status: 200, body: { properties: { enabled, emailReceivers: receivers } } };
    };
    server = await LocalServer.start(answer);
    return new AzureAlertTester({ endpoint: server.url, token: async () => "token", pollSeconds: 0.01 });
  }

  it("asks for the group's own receivers, waits, and says what became of each", async () => {
    const azure = await tester(true, [
      { MechanismType: "Email", Name: "pagerduty", Status: "Succeeded" },
      { MechanismType: "Email", Name: "ops", Status: "Failed", Detail: "Unsubscribed" },
    ]);
    expect(await azure.send(groupId)).toEqual([
      { receiver: "pagerduty", arrived: true, said: "Succeeded" },
      { receiver: "ops", arrived: false, said: "Failed: Unsubscribed" },
    ]);
    const post = server.seen.find(({ method }) => method === "POST");
    expect(post?.path).toBe(`${groupId}/createNotifications?api-version=2023-01-01`);
    expect(JSON.parse(post?.body ?? "")).toEqual({
      alertType: "metricstaticthreshold",
      emailReceivers: receivers.map((one) => ({ ...one, useCommonAlertSchema: true })),
    });
  });

  it("takes silence about a receiver for a message that did not arrive, and a group that is off for an error", async () => {
    expect((await (await tester(true, [])).send(groupId)).map(({ arrived }) => arrived)).toEqual([false, false]);
    await server.stop();
    await expect((await tester(false, [])).send(groupId)).rejects.toThrow("the action group critical is switched off");
    expect(server.seen.map(({ method }) => method)).toEqual(["GET"]);
  });
});

describe("a test of alerts on the sandbox", () => {
  it("reaches the receivers of each severity, but for an address that takes no mail", async () => {
    const stack = new AzureStack();
    await stack.up((around) => {
      const receivers = { pagerduty: "p@example.com", ops: "o@example.com" };
      const routes = { critical: ["pagerduty", "ops"], warning: ["ops"], info: ["ops"] };
      new Alerts("alerts", { ...around, receivers, routes });
    });
    const resources = stack.world.objects().map(({ kind, id }) => ({
      ...{ type: kind, id },
      urn: `urn:pulumi:dev::test::${kind}::alerts-${id.split("-").at(-1)}`,
    }));
    const groups = actionGroups({ deployment: { resources } });
    expect([...groups.keys()].sort()).toEqual(["critical", "info", "warning"]);
    const tester = new EmulatedAlertTester(async () => stack.world);
    const sent = async (severity: string) =>
      (await tester.send(groups.get(severity) ?? "")).map(({ receiver, arrived }) => [receiver, arrived]);
    expect(await sent("critical")).toEqual([
      ["pagerduty", true],
      ["ops", true],
    ]);
    const refused = { kind: refusedMailType, id: "/refused", cloud: "azure" } as const;
    await stack.world.transact((world) => world.put({ ...refused, properties: { emailAddress: "p@example.com" } }));
    expect(await sent("critical")).toEqual([
      ["pagerduty", false],
      ["ops", true],
    ]);
    expect(await sent("warning")).toEqual([["ops", true]]);
    await expect(tester.send(groupId)).rejects.toThrow("was not found");
  });
});

describe("alert-test", () => {
  it("says of a stack that watches nothing that there is nobody to tell, and of one that is not there what to do", async () => {
    const project = smallProject();
    const before = await project.runHere(["alert-test", "--stack", "dev"]);
    await project.runHere(["up", "--stack", "dev", "--yes"]);
    const after = await project.runHere(["alert-test", "--stack", "dev", "--severity", "critical"]);
    project.remove();
    expect(before.exitCode).not.toBe(0);
    expect([after.exitCode, after.errors]).toEqual([
      2,
      expect.stringContaining("dev has no alerts: it watches nothing"),
    ]);
  });
});
