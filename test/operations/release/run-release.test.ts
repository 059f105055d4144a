import { beforeAll, describe, expect, it } from "vitest";
import { ContainerApp } from "../../../components/container-apps/container-app";
import { ContainerAppsEnvironment } from "../../../components/container-apps/container-apps-environment";
import { ContainerRegistry } from "../../../components/container-registry/container-registry";
import { servingRevision } from "../../../operations/delivery/app-traffic";
import { ReleaseUnderWay, readJournal } from "../../../operations/release/release-journal";
import { type ReleaseOrder, type ReleaseTools, release, rollBack } from "../../../operations/release/run-release";
import { EmulatedContainerApps } from "../../../sandbox/clouds/azure-native/app/container-app-calls";
import { MemoryWorld, type WorldObject } from "../../../sandbox/world/world";
import { loadServices } from "../../../stacks/inventory/application-inventory";
import { AzureStack, type Surroundings } from "../../components/azure-stack";

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

function tools(apps: EmulatedContainerApps, said: string[] = []): ReleaseTools {
  return { cloud: apps, journals: apps, clock: apps, say: (line) => void said.push(line) };
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
