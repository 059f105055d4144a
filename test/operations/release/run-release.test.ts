import { beforeAll, describe, expect, it } from "vitest";
import { ContainerApp } from "../../../components/container-apps/container-app";
import { ContainerAppsEnvironment } from "../../../components/container-apps/container-apps-environment";
import { ContainerRegistry } from "../../../components/container-registry/container-registry";
import { servingRevision } from "../../../operations/delivery/app-traffic";
import { type AlertProcessing, AzureAlertProcessing } from "../../../operations/maintenance/alert-processing";
import type { KeptBack } from "../../../operations/maintenance/maintenance-window";
import { keptBackLines } from "../../../operations/maintenance/tell-windows";
import { ReleaseUnderWay, readJournal } from "../../../operations/release/release-journal";
import { type ReleaseOrder, type ReleaseTools, release, rollBack } from "../../../operations/release/run-release";
import { EmulatedContainerApps } from "../../../sandbox/clouds/azure-native/app/container-app-calls";
import { evaluateAlerts } from "../../../sandbox/clouds/azure-native/monitor/alert-evaluation";
import { EmulatedAlertProcessing } from "../../../sandbox/clouds/azure-native/monitor/alert-processing";
import { MemoryWorld, type World, type WorldObject } from "../../../sandbox/world/world";
import { loadServices } from "../../../stacks/inventory/application-inventory";
import { AzureStack, type Surroundings } from "../../components/azure-stack";
import { LocalServer } from "../delivery/local-server";

const plan = loadServices("latticeforge").release?.canary;
let deployed: readonly WorldObject[];
let appId: string;
let registry: string;

function program(around: Surroundings, env: Record<string, string> = {}) {
  const images = new ContainerRegistry("images", { ...around, size: { sku: "Basic" } });
  const environment = new ContainerAppsEnvironment("apps", { ...around });
  const image = { ownedBy: "release", repository: "api" } as const;
  const app = new ContainerApp("api", {
    ...around,
    ...{ registry: images, environment, image, env, ingress: { exposure: "network", port: 8080 } },
  });
  return { id: app.id, server: images.loginServer };
}

beforeAll(async () => {
  const stack = new AzureStack();
  const { outputs } = await stack.up(program);
  appId = String(outputs.id);
  registry = String(outputs.server);
  const world = stack.world;
  const apps = new EmulatedContainerApps(
    async () => world,
    () => 0,
  );
  await release(order("000"), tools(apps));
  deployed = world.objects();
}, 120_000);

/** An order for a digest whose first digits say how its image behaves. */
function order(digits: string, more: Partial<ReleaseOrder> = {}): ReleaseOrder {
  const image = `${registry}/api@sha256:${digits.padEnd(64, "7")}`;
  return { service: "api", appId, by: "ada", readyMinutes: 5, image, canary: false, plan, ...more };
}

const noWindows = { list: async () => [], write: async () => undefined, remove: async () => undefined };

function tools(apps: EmulatedContainerApps, said: string[] = [], alerts: AlertProcessing = noWindows): ReleaseTools {
  const say = (line: string) => void said.push(line);
  const tellKeptBack = async (found: KeptBack) => keptBackLines(found).forEach(say);
  return { cloud: apps, journals: apps, clock: apps, alerts, say, tellKeptBack };
}

function place() {
  const world = new MemoryWorld(deployed);
  const apps = new EmulatedContainerApps(
    async () => world,
    () => 0,
  );
  return { world, apps, said: [] as string[] };
}

async function state(apps: EmulatedContainerApps) {
  const running = await apps.running(appId);
  const serving = servingRevision(running);
  const digits = (image: string) => image.split("sha256:")[1]?.slice(0, 3);
  const served = (await apps.revisions(appId)).find(({ name }) => name === serving)?.image ?? "";
  return {
    serves: digits(served),
    template: digits(running.image),
    mode: running.traffic === undefined ? "Single" : "Multiple",
    phase: (await readJournal(apps, appId))?.phase,
  };
}

const good = { serves: "abc", template: "abc", mode: "Single", phase: "released" };
const before = { serves: "000", template: "000", mode: "Single", phase: "rolled-back" };

describe("a release on the sandbox", () => {
  it.each([
    ["a good image, all at once", "abc", false, "released", good, 0],
    ["a good image by canary", "abc", true, "released", good, 20],
    ["an image that nobody pushed", "404", false, "rolled-back", before, 0],
    ["an image that fails", "fa1", false, "rolled-back", before, 0],
    ["an image that never gets ready", "bad", true, "rolled-back", before, 5],
    ["a slow start", "510", false, "released", { ...good, serves: "510", template: "510" }, 2.5],
    ["errors at 40 %", "e40", true, "rolled-back", before, 8],
    ["analysis without data", "0da", true, "rolled-back", before, 8],
  ] as const)("ends with %s as it should", async (name, digits, canary, outcome, expected, minutes) => {
    const { apps, said } = place();
    const end = await release(order(digits, { canary }), tools(apps, said));
    console.info(
      `${name.padEnd(32)} ${end.outcome.padEnd(12)} ${(apps.now() / 60_000).toFixed(1).padStart(5)} min  ${end.text}`,
    );
    if (digits === "0da") expect(end.text).toContain("nobody asked");
    expect([end.outcome, await state(apps), apps.now() / 60_000]).toEqual([outcome, expected, minutes]);
  });

  it.each([
    ["abc", { canary: true }, "released", good],
    ["e40", { canary: true }, "rolled-back", before],
  ] as const)(
    "interrupted at each call to the cloud goes on where it was, %s",
    async (digits, more, outcome, expected) => {
      const places = new Set<string>();
      for (let call = 1; ; call += 1) {
        const { apps, said } = place();
        const killed = await release(order(digits, more), tools(dyingAfter(apps, call), said)).catch(
          (error: unknown) => error,
        );
        const unread = killed instanceof Killed ? undefined : killed;
        if (unread !== undefined) {
          expect(unread).toMatchObject({ outcome });
          break;
        }
        const sentence = said.at(-1) ?? "before anything";
        places.add(sentence);
        const weights = (await apps.running(appId)).traffic ?? [{ weight: 100 }];
        expect(weights.reduce((sum, { weight }) => sum + weight, 0)).toBe(100);
        const again = await release(order(digits, more), tools(apps, said));
        const ended = again.outcome === "unchanged" ? "released" : again.outcome;
        // What was rolled back to its end, killed before it was written down, is begun anew, and ends the same.
        expect([call, ended, await state(apps)]).toEqual([call, outcome, expected]);
        if (said.some((line) => line.includes("goes on"))) places.add("said");
      }
      console.info(`interrupted (${digits}): ${places.size} places, each ends ${outcome}`);
      expect(places.has("said")).toBe(true);
      expect(places.size).toBeGreaterThan(5);
    },
  );

  it("is refused while another one is under way, and while one of another digest is interrupted", async () => {
    const { apps } = place();
    const first = release(order("abc", { canary: true }), tools(apps));
    await expect(release(order("abd"), tools(apps))).rejects.toThrow(ReleaseUnderWay);
    expect((await first).outcome).toBe("released");
    const other = place();
    await release(order("abc", { canary: true }), tools(dyingAfter(other.apps, 16))).catch(() => undefined);
    expect(await release(order("abd"), tools(other.apps))).toMatchObject({ outcome: "refused" });
    expect(await rollBack(order("abd"), tools(other.apps))).toMatchObject({ outcome: "rolled-back" });
    expect(await state(other.apps)).toEqual(before);
  });

  it("goes back by hand to an earlier revision that was put away, and keeps three", async () => {
    const { apps } = place();
    for (const digits of ["aa1", "aa2", "aa3", "aa4"]) await release(order(digits), tools(apps));
    const revisions = await apps.revisions(appId);
    expect(revisions.map(({ active }) => active)).toEqual([false, false, false, true]);
    expect(await rollBack({ ...order("aa4"), to: "api--9" }, tools(apps))).toMatchObject({ outcome: "refused" });
    expect(await rollBack({ ...order("aa4"), to: revisions[0]?.name }, tools(apps))).toMatchObject({
      outcome: "rolled-back",
    });
    expect(await state(apps)).toMatchObject({ serves: "aa1", template: "aa1", mode: "Single" });
  });
});

describe("while an app is released", () => {
  const groupId = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/actionGroups/all";
  const otherId = () => appId.replace(/[^/]+$/, "other");
  /** A rule about the CPU of an app. */
  function rule(name: string, severity: number, scope: string): WorldObject {
    const threshold = {
      ...{ metricName: "CpuPercentage", timeAggregation: "Average" },
      ...{ operator: "GreaterThan", threshold: 80 },
    };
    return {
      ...{ cloud: "azure", kind: "azure-native:monitor:MetricAlert", id: `/rules/${name}` },
      properties: {
        ...{ name, severity, scopes: [scope], evaluationFrequency: "PT1M", windowSize: "PT1M" },
        ...{ criteria: { allOf: [threshold] }, actions: [{ actionGroupId: groupId }] },
      },
    };
  }

  /** The sandbox with alerts of two apps, and who is told now that both are busy. */
  function watched() {
    const group: WorldObject = {
      ...{ cloud: "azure", kind: "azure-native:monitor:ActionGroup", id: groupId },
      properties: { emailReceivers: [{ name: "ops" }] },
    };
    const rules = [rule("warning", 2, appId), rule("critical", 0, appId), rule("other", 2, otherId())];
    const world = new MemoryWorld([...deployed, group, ...rules]);
    const open = async () => world;
    const apps = new EmulatedContainerApps(open, () => 0);
    const metrics = [appId, otherId()].map((resourceId) => {
      return { resourceId, metric: "CpuPercentage", minutes: [90, 90, 90] };
    });
    const told = (laterMinutes = 0) =>
      world.read((reading) =>
        evaluateAlerts(reading, { metrics }, 3, apps.now() + laterMinutes * 60_000).map((message) => message.rule),
      );
    return { world, apps, told, alerts: new EmulatedAlertProcessing(open) };
  }

  /** Alerts as the service lists them, with who they are about and when they began. */
  async function fires(world: World, apps: EmulatedContainerApps, names: Readonly<Record<string, string>>) {
    const group = appId.split("/").slice(0, 5).join("/");
    await world.transact((change) => {
      for (const [rule, target] of Object.entries(names)) {
        const severity = rule.startsWith("critical") ? 0 : 2;
        const began = new Date(apps.now()).toISOString();
        const object = { cloud: "azure", kind: "azure-native:alertsmanagement:Alert", id: `${group}/${rule}` } as const;
        change.put({ ...object, properties: { rule, severity, target, began } });
      }
    });
  }
  const everything = ["warning", "critical", "other"];

  it("its warnings tell nobody; critical alerts and other apps' do, and its own again at the end", async () => {
    for (const digits of ["abc", "e40"]) {
      const { apps, told, alerts } = watched();
      const during: Promise<readonly string[]>[] = [];
      const say = (line: string) => void (line.includes("of the requests go") && during.push(told()));
      expect(await told()).toEqual(everything);
      await release(order(digits, { canary: true }), { ...tools(apps, [], alerts), say });
      expect(during.length).toBeGreaterThan(1);
      expect(new Set((await Promise.all(during)).map(String))).toEqual(new Set(["critical,other"]));
      expect(await told()).toEqual(everything);
    }
  });

  it("they tell people again by themselves when whoever released was killed", async () => {
    const { apps, told, alerts } = watched();
    let written = 0;
    const killed = {
      list: async () => [],
      // The second is the end of the window, which a killed run does not write.
      write: async (...rule: Parameters<AlertProcessing["write"]>) => {
        written += 1;
        if (written > 1) throw new Error("killed");
        await alerts.write(...rule);
      },
      remove: async () => undefined,
    };
    await release(order("abc"), tools(apps, [], killed));
    expect(await told()).toEqual(["critical", "other"]);
    expect(await told(3 * 5 + 5)).toEqual(everything);
  });

  it("what began meanwhile and stays is told once when it is over, also of a release that fails", async () => {
    for (const digits of ["abc", "e40"]) {
      const { world, apps, alerts } = watched();
      const said: string[] = [];
      await fires(world, apps, { "before it": appId });
      await apps.wait(60_000);
      let begun: Promise<void> | undefined;
      const own = tools(apps, said, alerts);
      const say = (line: string) => {
        own.say(line);
        begun ??= fires(world, apps, {
          ...{ warning: appId.toUpperCase(), "critical one": appId },
          ...{ "of another": otherId(), "of one with a longer name": `${appId}-2` },
        });
      };
      await release(order(digits, { canary: true }), { ...own, say });
      await begun;
      const told = said.filter((line) => line.includes("nobody was told"));
      expect(told).toEqual([
        "warning fires, severity 2, since 1970-01-01T00:01:00.000Z; nobody was told: ada releases api",
      ]);
      await release(order("000"), own);
      expect(said.filter((line) => line.includes("nobody was told"))).toEqual(told);
    }
  });

  it("what began while somebody released who was killed is told by the next release, wherever that was", async () => {
    for (const dies of ["wait", "firingAlerts", "remove"] as const) {
      const { world, apps, alerts } = watched();
      const said: string[] = [];
      const died = () => Promise.reject(new Error("killed"));
      const dying = { ...tools(apps, [], alerts), tellKeptBack: async () => undefined };
      const first = release(order("510"), {
        ...dying,
        say: (line) => void (line.includes("is made") && fires(world, apps, { warning: appId })),
        // Nothing is done any more by somebody who was killed, also at the end.
        ...(dies === "wait" ? { clock: { now: () => apps.now(), wait: died } } : {}),
        ...(dies === "firingAlerts" ? { cloud: Object.assign(Object.create(apps), { firingAlerts: died }) } : {}),
        alerts: {
          list: (group) => alerts.list(group),
          write: alerts.write.bind(alerts),
          remove: dies === "firingAlerts" ? alerts.remove.bind(alerts) : died,
        },
      });
      await first.catch(() => undefined);
      await apps.wait(3 * 3600_000);
      await fires(world, apps, { "told as ever": appId });
      await apps.wait(60_000);
      await release(order("abd"), tools(apps, said, alerts));
      await rollBack(order("abd"), tools(apps, said, alerts));
      const told = said.filter((line) => line.includes("nobody was told"));
      expect([dies, told.length, told[0]]).toEqual([dies, 1, expect.stringMatching(/^warning fires/)]);
      expect(await alerts.list(appId.split("/").slice(0, 5).join("/"))).toEqual([]);
    }
  });

  it("who may write no rules tells nothing of a window that somebody left, and goes on", async () => {
    const { world, apps, alerts } = watched();
    const left = { list: alerts.list.bind(alerts), write: alerts.write.bind(alerts), remove: () => Promise.reject() };
    await release(order("abc"), tools(apps, [], left));
    await fires(world, apps, { warning: appId });
    await apps.wait(3600_000);
    const said: string[] = [];
    const refused = () => Promise.reject(new Error("AuthorizationFailed"));
    const end = await release(order("abd"), tools(apps, said, { ...left, write: refused, remove: refused }));
    expect(end.outcome).toBe("released");
    expect(said.filter((line) => line.includes("nobody was told"))).toEqual([]);
    expect(said.join("\n")).toContain("no maintenance window, so its warnings are told: AuthorizationFailed");
  });

  it("it goes on where nobody lets it keep them back, and says so", async () => {
    const { apps, told } = watched();
    const said: string[] = [];
    const refused = () => Promise.reject(new Error("AuthorizationFailed"));
    const end = await release(order("abc"), tools(apps, said, { list: refused, write: refused, remove: refused }));
    expect(end.outcome).toBe("released");
    expect(said.join("\n")).toContain("no maintenance window, so its warnings are told: AuthorizationFailed");
    expect(await told()).toEqual(everything);
  });

  it("Azure is given the app, the severities and the end, and told when it is over", async () => {
    const server = await LocalServer.start(() => ({ status: 200, body: { value: [] } }));
    try {
      const alerts = new AzureAlertProcessing({ endpoint: server.url, token: async () => "a-token" });
      await release(order("abc"), tools(watched().apps, [], alerts));
    } finally {
      await server.stop();
    }
    const [group, name] = appId.split("/providers/Microsoft.App/containerApps/");
    const rules = `${group}/providers/Microsoft.AlertsManagement/actionRules`;
    const path = `${rules}/${name}-release?api-version=2021-08-08`;
    expect(server.seen.map((request) => [request.method, request.path])).toEqual([
      ["GET", `${rules}?api-version=2021-08-08`],
      ["PUT", path],
      ["PUT", path],
      ["DELETE", path],
    ]);
    expect(JSON.parse(server.seen[2]?.body ?? "").properties.schedule.effectiveUntil).toBe("1970-01-01T00:00:01");
    expect(JSON.parse(server.seen[1]?.body ?? "")).toMatchObject({
      location: "Global",
      properties: {
        scopes: [appId],
        actions: [{ actionType: "RemoveAllActionGroups" }],
        schedule: { effectiveFrom: "1970-01-01T00:00:00", effectiveUntil: "1970-01-01T00:20:00", timeZone: "UTC" },
      },
    });
  });
});

it("an image is copied between the sandbox's registries when it was pushed to the one that it comes from", async () => {
  const { apps, world } = place();
  const kept = () => world.objects().filter(({ kind }) => kind.endsWith(":Image")).length;
  const images = kept();
  await apps.copyImage({ image: order("000").image, from: registry });
  expect(kept()).toBe(images);
  const missing = apps.copyImage({ image: order("abc").image, from: registry });
  await expect(missing).rejects.toMatchObject({ status: 404 });
});

class Killed extends Error {}

/** The same, of a process that is killed after so many calls: what it asked for last is done, and nobody hears of it. */
function dyingAfter(apps: EmulatedContainerApps, calls: number): EmulatedContainerApps {
  let left = calls;
  const own = async <Result>(work: Promise<Result>): Promise<Result> => {
    if (left <= 0) throw new Killed();
    const result = await work;
    left -= 1;
    if (left <= 0) throw new Killed();
    return result;
  };
  const dying = Object.create(apps) as EmulatedContainerApps;
  return Object.assign(dying, {
    running: (id: string) => own(apps.running(id)),
    revisions: (id: string) => own(apps.revisions(id)),
    change: (...args: Parameters<EmulatedContainerApps["change"]>) => own(apps.change(...args)),
    wait: (milliseconds: number) => own(apps.wait(milliseconds)),
    holdText: (id: string, refusal: () => Error, work: (write: (text: string) => Promise<void>) => Promise<unknown>) =>
      apps.holdText(id, refusal, (write) => work((text) => own(write(text)))),
  });
}
