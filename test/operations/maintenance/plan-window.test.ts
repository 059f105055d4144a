import { describe, expect, it } from "vitest";
import {
  AzureAlertProcessing,
  momentOf,
  type SuppressionWindow,
  suppression,
  windowOf,
} from "../../../operations/maintenance/alert-processing";
import { listWindows } from "../../../operations/maintenance/maintenance-window";
import { planWindow } from "../../../operations/maintenance/plan-window";
import { keptBackLines, leftWindowLine, tellChannel, windowLine } from "../../../operations/maintenance/tell-windows";
import { LocalServer, served } from "../delivery/local-server";

const group = "/subscriptions/s/resourceGroups/g";
const app = `${group}/providers/Microsoft.App/containerApps/api`;
const rules = `${group}/providers/Microsoft.AlertsManagement/actionRules`;
const hour = 3_600_000;
const now = Date.parse("2026-11-30T12:00:00Z");
const at = (hours: number) => momentOf(now + hours * hour);

function window(scope: string, from: number, until: number, more: Partial<SuppressionWindow> = {}): SuppressionWindow {
  const id = `${rules}/${scope.split("/").at(-1)}-maintenance`;
  return { id, scope, from: at(from), until: at(until), critical: false, description: "ada: a reason", ...more };
}

const planned = (hours: number, windows: readonly SuppressionWindow[], scope = app, critical = false) =>
  planWindow({ scope, seconds: hours * 3600, critical, description: "ada: a reason" }, windows, now);

describe("a maintenance window", () => {
  it("is about an app or a group, from now on for a day at most", () => {
    expect(planned(24, [])).toEqual(window(app, 0, 24));
    expect(planned(2, [], group)).toEqual(window(group, 0, 2));
    expect(planned(24.1, [])).toContain("for a day at most: until 2026-12-01T12:00:00Z");
  });

  it("that is open already goes on from its own beginning, which the day counts from", () => {
    expect(planned(2, [window(app, -22, 1)])).toEqual(window(app, -22, 2));
    expect(planned(2.1, [window(app, -22, 1)])).toContain("kept back since 2026-11-29T14:00:00Z");
    // It ended: nothing is kept back now.
    expect(planned(24, [window(app, -24, -1)])).toEqual(window(app, 0, 24));
  });

  it("follows no other about the same for longer than a day: a group's is about its apps, and an app's about part of it", () => {
    expect(planned(2, [window(group, -23, 1)])).toContain("for a day at most");
    expect(planned(2, [window(app, -23, 1)], group)).toContain("for a day at most");
    expect(planned(24, [window(`${app}-2`, -23, 1)])).toEqual(window(app, 0, 24));
    expect(planned(2, [window(app, -23, 1, { id: `${rules}/api-release` })])).toContain("for a day at most");
  });

  it("is ended first by who wants to hear critical alerts again, or no more", () => {
    expect(planned(1, [window(app, -1, 1, { critical: true })])).toContain("keeps critical alerts back; end it first");
    expect(planned(1, [window(app, -1, 1)], app, true)).toContain("lets critical alerts through; end it first");
  });
});

it("is told in one line that drives no terminal and calls nobody, whatever its reason says", async () => {
  const slack = await LocalServer.start(() => ({ status: 200 }));
  const hostile = window(app, 0, 2, {
    description: "ada: \u001b[2Ja disk\n• all is well\u2028<!channel> <https://a.example|b>",
  });
  try {
    const line = `alerts of api tell nobody until ${at(2)}, but for critical ones: ada: a disk • all is well\\u2028<!channel> <https://a.example|b>`;
    expect(windowLine(hostile)).toBe(line);
    const alerts = [{ rule: "cpu\n\u001b]0;x\u0007api", severity: 2 }];
    const [kept = ""] = keptBackLines({ window: hostile, alerts });
    expect(kept).toMatch(/^cpu api fires, severity 2; nobody was told: ada: a disk • /);
    expect([line, kept, leftWindowLine(hostile)].filter((one) => /\p{Cc}/u.test(one))).toEqual([]);
    await tellChannel(":no_bell:", [windowLine(hostile)], { stack: "prod", webhook: slack.url });
    const { text } = JSON.parse(slack.seen[0]?.body ?? "");
    expect(text.split("\n")).toHaveLength(2);
    expect(text).toContain("&lt;!channel&gt; &lt;https://a.example|b&gt;");
  } finally {
    await slack.stop();
  }
});

describe("what Azure lists of rules", () => {
  const listed = (one: SuppressionWindow) => ({ id: one.id, ...suppression(one) });

  it("is read as it was written; what comes again, adds receivers or is switched off is no window", async () => {
    const [own, critical] = [window(app, 0, 2), window(group, 0, 1, { critical: true })];
    const { properties } = suppression(own);
    const others = [
      { ...properties, schedule: { timeZone: "UTC", recurrences: [{ recurrenceType: "Daily" }] } },
      { ...properties, actions: [{ actionType: "AddActionGroups" }] },
      { ...properties, enabled: false },
      { ...properties, schedule: undefined },
    ].map((other): object => ({ id: own.id, properties: other }));
    // A program's, or one of the portal: no command takes it away.
    for (const name of ["night", "night-maintenance", "g-maintenance", "api-maintenance-release"])
      others.push({ id: `${rules}/${name}`, properties });
    // Azure writes ids with capitals or without.
    const capitals = { id: own.id.toUpperCase(), properties: { ...properties, scopes: [app.toLowerCase()] } };
    expect(windowOf(capitals)).toEqual({ ...own, id: own.id.toUpperCase(), scope: app.toLowerCase() });
    expect(others.map(windowOf)).toEqual(others.map(() => undefined));
    await served(
      () => ({ status: 200, body: { value: [listed(own), ...others, listed(critical)] } }),
      async (endpoint, server) => {
        const alerts = new AzureAlertProcessing({ endpoint, token: async () => "a-token" });
        expect(await listWindows({ alerts }, group)).toEqual([own, critical]);
        expect(server.seen.map(({ path }) => path)).toEqual([`${rules}?api-version=2021-08-08`]);
      },
    );
  });
});
