import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command } from "../../../cli/commands/takeover";
import { commandLineProgram } from "../../../cli/program";
import { tryLock } from "../../../lib/lock/lock-file.cjs";
import { planTakeover, stepNames, type TakeoverRequest } from "../../../operations/takeover/plan-takeover";
import { measure, reportPage, runTakeover, type TakeoverEvidence } from "../../../operations/takeover/run-takeover";
import {
  findPlaces,
  observe,
  type TakeoverCloud,
  type TakeoverPlaces,
} from "../../../operations/takeover/takeover-cloud";
import { EmulatedTakeover, faultTypes } from "../../../sandbox/clouds/emulated-takeover";
import { openWorld } from "../../../sandbox/world/open-world";
import { MemoryWorld, type WorldObject } from "../../../sandbox/world/world";
import { repository } from "../../cli/run-command";
import { runHere } from "../../cli/run-here";

const directory = mkdtempSync(join(tmpdir(), "takeover-"));
const sandbox = join(directory, "sandbox");
const evidenceDirectory = join(directory, "evidence");
const [prod, dr] = ["latticeforge-prod", "latticeforge-dr"] as const;
const run = (...args: readonly string[]) => runHere(args, { SANDBOX_DIRECTORY: sandbox });
const takeOver = (...args: readonly string[]) => run("takeover", "--stack", dr, "--output", evidenceDirectory, ...args);

let deployed: readonly WorldObject[];
let there: TakeoverPlaces;
let back: TakeoverPlaces;

async function objectsOnDisk(): Promise<readonly WorldObject[]> {
  const world = await openWorld(sandbox);
  const objects = await world.objects();
  world.close();
  return objects;
}

async function outputsOf(stack: string) {
  return JSON.parse((await run("outputs", "--stack", stack, "--json")).output);
}

function placesOf(standby: unknown, primary: unknown, isBack: boolean): TakeoverPlaces {
  const places = findPlaces(
    { stack: dr, environment: "dr", outputs: standby },
    { stack: prod, environment: "prod", outputs: primary },
    isBack,
  );
  if (Array.isArray(places)) throw new Error(places.join("\n"));
  return places;
}

beforeAll(async () => {
  for (const stack of [prod, dr]) {
    const { exitCode, output, errors } = await run("start", "--stack", stack);
    expect([exitCode, exitCode === 0 ? "" : `${output}${errors}`]).toEqual([0, ""]);
  }
  deployed = await objectsOnDisk();
  const [standby, primary] = [await outputsOf(dr), await outputsOf(prod)];
  there = placesOf(standby, primary, false);
  back = placesOf(standby, primary, true);
}, 120_000);

afterAll(() => rmSync(directory, { recursive: true }));

const nothingAccepted: TakeoverRequest["accepted"] = {
  ...{ lagSeconds: undefined, primaryIsLost: false, images: false },
  ...{ capacity: false, objects: false, withoutEdge: false },
};

function request(given: Partial<TakeoverRequest["accepted"]> & { readonly planned?: boolean } = {}): TakeoverRequest {
  const { planned = false, ...accepted } = given;
  return { planned, timeoutSeconds: 600, accepted: { ...nothingAccepted, ...accepted } };
}

interface Attempt {
  readonly places?: TakeoverPlaces;
  readonly cloud?: TakeoverCloud;
  readonly signal?: AbortSignal;
  readonly dryRun?: boolean;
}

function attempt(world: MemoryWorld, given: TakeoverRequest, how: Attempt = {}): Promise<TakeoverEvidence> {
  const { places = there, cloud = emulated(world), signal = new AbortController().signal, dryRun = false } = how;
  return runTakeover({ cloud, places, request: given, signal }, { say: () => {}, agree: async () => true }, dryRun);
}

const emulated = (world: MemoryWorld): TakeoverCloud => new EmulatedTakeover(async () => world);
const asDeployed = () => new MemoryWorld(deployed);

function put(world: MemoryWorld, kind: string, id: string, properties: WorldObject["properties"]): Promise<void> {
  return world.transact((transaction) => transaction.put({ cloud: "azure", kind, id, properties }));
}
const loseRegion = (world: MemoryWorld, location = "swedencentral") =>
  put(world, faultTypes.lostRegion, `/lost/${location}`, { location });
const measureAs = (world: MemoryWorld, serverId: string, name: string, value: number | undefined) =>
  put(
    world,
    faultTypes.metric,
    `${serverId}/metrics/physical_replication_delay_in_${name}`,
    value === undefined ? {} : { value },
  );

const why = ({ refusals }: TakeoverEvidence) => refusals.map((refusal) => refusal.why).join("\n");
const seenSteps = ({ steps }: TakeoverEvidence) => steps.map(({ step, outcome }) => [step, outcome]);

/** Who serves, in short. */
async function situation(world: MemoryWorld) {
  const seen = await observe(emulated(world), there);
  const apps = (found: typeof seen.toApps) =>
    Object.values(found).map((app) =>
      app.kind === "read" ? (app.value.runs ? app.value.least : "stopped") : "silent",
    );
  const value = <T>(reading: { kind: string; value?: T } | undefined) => reading?.value;
  return {
    roles: [seen.to, seen.from].map((server) => value(server)?.role ?? "silent"),
    ...{ dr: apps(seen.toApps), prod: apps(seen.fromApps) },
    copies: value(seen.policies)?.length,
    first: there.balancers.map(({ name, to }) => (value(seen.orders[name])?.[0] === to ? "dr" : "prod")),
    health: there.balancers.map(({ name }) => value(seen.health[name])),
  };
}

const before = {
  ...{ roles: ["AsyncReplica", "Primary"], dr: [1, 0, 0, 0], prod: [3, 2, 2, 0] },
  ...{ copies: 1, first: ["prod", "prod"], health: [200, 200] },
};
const taken = {
  ...{ roles: ["Primary", "AsyncReplica"], dr: [3, 2, 2, 0], prod: ["stopped", "stopped", "stopped", "stopped"] },
  ...{ copies: 0, first: ["dr", "dr"], health: [200, 200] },
};
/** A deployment of production makes the copying again. */
const returned = { ...before, copies: 0 };

describe("a planned takeover", () => {
  it("loses nothing, keeps the promised times, and is not repeated", async () => {
    const world = asDeployed();
    expect(await situation(world)).toEqual(before);
    const evidence = await attempt(world, request({ planned: true }));
    expect(seenSteps(evidence)).toEqual(
      stepNames.filter((step) => step !== "put the standby to rest").map((step) => [step, "done"]),
    );
    expect(evidence).toMatchObject({ exitCode: 0, lostSeconds: 0, outcome: `${dr} serves` });
    expect(await situation(world)).toEqual(taken);
    const parts = measure([evidence], there.recovery);
    expect(Object.fromEntries(parts.map(({ part, promised }) => [part, promised]))).toEqual({
      ...{ api: 15 * 60, database: 30 * 60, objects: 60 * 60, everything: 240 * 60 },
    });
    for (const { part, seconds = Number.NaN, promised = 0 } of parts) {
      expect([part, seconds > 0, seconds <= promised]).toEqual([part, true, true]);
    }
    const again = await attempt(world, request({ planned: true }));
    expect(again).toMatchObject({ steps: [], exitCode: 0, outcome: `nothing to do: ${dr} serves` });
  });

  it("takes the names and the other replicas with it, and the former primary's high availability away", async () => {
    const world = asDeployed();
    await attempt(world, request({ planned: true }));
    const servers = world.objects().filter(({ kind }) => kind === "azure-native:dbforpostgresql:Server");
    const sources = servers.map(({ id, properties }) => [id.split("/").at(-1), properties.sourceServerResourceId]);
    expect(Object.fromEntries(sources)).toMatchObject({
      [there.from.serverId.split("/").at(-1) ?? ""]: there.to.serverId,
      [servers
        .find(({ id }) => id.includes("debug"))
        ?.id.split("/")
        .at(-1) ?? ""]: there.to.serverId,
    });
    expect(servers.find(({ id }) => id === there.from.serverId)?.properties.highAvailability).toEqual({
      mode: "Disabled",
    });
    const names = world.objects().filter(({ kind }) => kind === "azure-native:dbforpostgresql:VirtualEndpoint");
    expect(names.map(({ id }) => id.startsWith(`${there.to.serverId}/`))).toEqual([true]);
  });

  it("leads back, after which the standby stands by", async () => {
    const world = asDeployed();
    await attempt(world, request({ planned: true }));
    const refused = await attempt(world, request({ planned: true }), { places: back });
    expect([refused.exitCode, why(refused)]).toEqual([5, expect.stringContaining("nothing copies objects")]);
    const evidence = await attempt(world, request({ planned: true, objects: true }), { places: back });
    expect(evidence).toMatchObject({ exitCode: 0, lostSeconds: 0, outcome: `${prod} serves` });
    expect(await situation(world)).toEqual(returned);
    const again = await attempt(world, request({ planned: true }), { places: back });
    expect(again).toMatchObject({ steps: [], exitCode: 0, outcome: `nothing to do: ${prod} serves` });
  });

  it("changes nothing as a dry run, or without a yes", async () => {
    const world = asDeployed();
    const dry = await attempt(world, request({ planned: true }), { dryRun: true });
    expect([dry.exitCode, dry.steps, dry.planned.length]).toEqual([0, [], 7]);
    const declined = await runTakeover(
      { cloud: emulated(world), places: there, request: request({ planned: true }), signal: AbortSignal.abort() },
      { say: () => {}, agree: async () => false },
    );
    expect(declined.exitCode).toBe(8);
    expect(world.objects()).toEqual(deployed);
  });
});

const changeNames = ["promote", "stopApp", "startApp", "setLeastReplicas", "endCopying", "setPoolOrder"];

/** A cloud some of whose calls are made otherwise. */
function withCalls(world: MemoryWorld, call: (name: string, make: () => unknown) => unknown): TakeoverCloud {
  return new Proxy(emulated(world), {
    get: (cloud, name) => {
      const value: unknown = Reflect.get(cloud, name);
      if (typeof value !== "function") return value;
      return (...args: readonly unknown[]) => call(String(name), () => value.apply(cloud, args));
    },
  });
}

/** A cloud whose n-th change fails: before it is made, or with its answer lost. */
function failing(world: MemoryWorld, position: number, isMade: boolean) {
  let changes = 0;
  const cloud = withCalls(world, async (name, make) => {
    if (!changeNames.includes(name)) return make();
    changes += 1;
    const fails = changes === position;
    if (!fails || isMade) await make();
    if (fails) throw new Error("connection reset");
    return undefined;
  });
  return { cloud, changes: () => changes };
}

describe("an interrupted takeover goes on where it stopped", () => {
  const ways = [
    { name: "planned", lost: false, isBack: false, given: request({ planned: true }), end: taken },
    { name: "region lost", lost: true, isBack: false, given: request(), end: taken },
    { name: "back", lost: false, isBack: true, given: request({ planned: true, objects: true }), end: returned },
  ];
  async function begin({ lost, isBack }: (typeof ways)[number]): Promise<MemoryWorld> {
    const world = asDeployed();
    if (isBack) await attempt(world, request({ planned: true }));
    if (lost) await loseRegion(world);
    return world;
  }
  const withoutFault = (end: typeof taken | typeof returned, lost: boolean) =>
    lost ? { ...end, roles: ["Primary", "silent"], prod: ["silent", "silent", "silent", "silent"] } : end;

  it.each(ways)("$name: a change fails, or its answer is lost, at any place", async (way) => {
    const places = way.isBack ? back : there;
    const counted = failing(await begin(way), 0, false);
    await attempt(asDeployed(), way.given, { places, cloud: counted.cloud });
    expect(counted.changes()).toBeGreaterThan(way.lost ? 6 : 8);
    for (let position = 1; position <= counted.changes(); position += 1) {
      for (const isMade of [false, true]) {
        const world = await begin(way);
        const first = await attempt(world, way.given, { places, cloud: failing(world, position, isMade).cloud });
        expect([position, first.exitCode, first.steps.at(-1)?.outcome]).toEqual([position, 4, "failed"]);
        const second = await attempt(world, way.given, { places });
        expect([position, isMade, second.exitCode, why(second)]).toEqual([position, isMade, 0, ""]);
        expect(await situation(world)).toEqual(withoutFault(way.end, way.lost));
      }
    }
  });

  it.each(ways)("$name: somebody interrupts it after any step", async (way) => {
    const places = way.isBack ? back : there;
    for (let position = 1; position < 7; position += 1) {
      const world = await begin(way);
      const interruption = new AbortController();
      let told = 0;
      const say = (line: string) => {
        told += line.startsWith("done") ? 1 : 0;
        if (told === position) interruption.abort();
      };
      const { signal } = interruption;
      const first = await runTakeover(
        { cloud: emulated(world), places, request: way.given, signal },
        { say, agree: async () => true },
      );
      const length = first.planned.length;
      expect([position, first.exitCode]).toEqual([position, position < length ? 8 : 0]);
      const second = await attempt(world, way.given, { places });
      expect([position, second.exitCode, why(second)]).toEqual([position, 0, ""]);
      expect(await situation(world)).toEqual(withoutFault(way.end, way.lost));
      const took = measure([first, second], places.recovery).find(({ part }) => part === "database")?.seconds;
      expect(took).toBeGreaterThan(100);
    }
  });
});

describe("a lost region", () => {
  it("is taken over without it, which says what is lost, and is put right when it is back", async () => {
    const world = asDeployed();
    await loseRegion(world);
    const planned = await attempt(world, request({ planned: true }));
    expect([planned.exitCode, why(planned)]).toEqual([5, expect.stringContaining("cannot hand over")]);
    const evidence = await attempt(world, request());
    expect(evidence).toMatchObject({ exitCode: 0, lostSeconds: 5, outcome: `${dr} serves` });
    expect(evidence.steps[0]?.detail).toContain("latticeforge-prod-api does not answer");
    expect(reportPage([evidence], there.recovery)).toContain("- [x] Within the loss that is promised");
    await world.transact((transaction) => transaction.delete(faultTypes.lostRegion, "/lost/swedencentral"));
    expect((await situation(world)).prod).toEqual([3, 2, 2, 0]);
    const again = await attempt(world, request());
    expect(seenSteps(again)).toEqual([
      ["stop the other region's apps", "done"],
      ["verify", "done"],
    ]);
    expect(await situation(world)).toEqual(taken);
  });

  it("is not believed while its database answers, unless somebody says so", async () => {
    const world = asDeployed();
    const refused = await attempt(world, request());
    expect([refused.exitCode, why(refused)]).toEqual([5, expect.stringContaining("answers, and takes writes")]);
    expect(world.objects()).toEqual(deployed);
    expect((await attempt(world, request({ primaryIsLost: true }))).exitCode).toBe(0);
  });

  it("may be the standby's: then there is nothing to promote", async () => {
    const world = asDeployed();
    await loseRegion(world, "northeurope");
    const refused = await attempt(world, request({ primaryIsLost: true }));
    expect([refused.exitCode, why(refused)]).toEqual([5, expect.stringContaining("does not answer")]);
  });
});

describe("a takeover is refused", () => {
  it("for a replica that is too far behind, or nobody knows how far", async () => {
    const world = asDeployed();
    await measureAs(world, there.to.serverId, "seconds", 400);
    await loseRegion(world);
    const unchanged = world.objects();
    const refused = await attempt(world, request());
    expect([refused.exitCode, why(refused)]).toEqual([5, `the database of ${dr} is 400 s behind; 300 s may be lost`]);
    expect(refused.refusals[0]?.override).toMatch(/^--accept-lag 460 /);
    expect(world.objects()).toEqual(unchanged);
    await measureAs(world, there.to.serverId, "seconds", undefined);
    expect(why(await attempt(world, request()))).toContain("is not known");
    await measureAs(world, there.to.serverId, "seconds", 400);
    expect(await attempt(world, request({ lagSeconds: 460 }))).toMatchObject({ exitCode: 0, lostSeconds: 400 });
  });

  it("not because nobody wrote for a while: the primary says that everything was sent", async () => {
    const world = asDeployed();
    await measureAs(world, there.to.serverId, "seconds", 4000);
    expect(await attempt(world, request({ primaryIsLost: true }))).toMatchObject({ exitCode: 0, lostSeconds: 0 });
  });

  it("where capacity is missing", async () => {
    const world = asDeployed();
    const seen = await observe(emulated(world), there);
    const [environment = ""] = Object.keys(seen.coresLeft);
    await put(world, faultTypes.quota, `${environment}/usages/cores`, { limit: 5 });
    const refused = await attempt(world, request({ planned: true }));
    // api: 2 more with 1 CPU and a collector's 0.25, web: 2 with 0.5, worker: 2 as api; one api runs
    expect([refused.exitCode, why(refused)]).toEqual([
      5,
      expect.stringContaining("needs 6 more virtual CPUs, and 3.75 are left"),
    ]);
    expect((await attempt(world, request({ planned: true, capacity: true }))).exitCode).toBe(0);
  });

  it("for images that differ from what runs, or that its registry does not have", async () => {
    const world = asDeployed();
    const app = there.to.apps[0]?.id ?? "";
    const running = (id: string, image: string) =>
      world.transact((transaction) => {
        const found = transaction.get("azure-native:app:ContainerApp", id);
        if (found === undefined) throw new Error(`no app ${id}`);
        const template = { containers: [{ name: "api", image, resources: { cpu: 1 } }], scale: { minReplicas: 1 } };
        transaction.put({ ...found, properties: { ...found.properties, template } });
      });
    const released = `api@sha256:${"1f".repeat(32)}`;
    await running(app, `latticeforgedr.azurecr.io/${released}`);
    expect(why(await attempt(world, request({ planned: true })))).toContain("the registry does not have");
    await running(app, `ghcr.io/latticeforge/${released}`);
    const refused = await attempt(world, request({ planned: true }));
    expect([refused.exitCode, why(refused)]).toEqual([5, expect.stringContaining("runs now; release that to")]);
    expect((await attempt(world, request({ planned: true, images: true }))).exitCode).toBe(0);
  });

  it("for servers that are no pair, or not alike", async () => {
    const change = async (id: string, properties: WorldObject["properties"]) => {
      const world = asDeployed();
      await world.transact((transaction) => {
        const found = transaction.get("azure-native:dbforpostgresql:Server", id);
        if (found !== undefined) transaction.put({ ...found, properties: { ...found.properties, ...properties } });
      });
      return why(await attempt(world, request({ planned: true })));
    };
    expect(await change(there.to.serverId, { storage: { storageSizeGB: 512 } })).toContain("the databases differ");
    expect(await change(there.to.serverId, { state: "Updating" })).toContain("is Updating; expected Ready");
    expect(await change(there.to.serverId, { replicationRole: "Primary" })).toContain("both take writes");
    expect(await change(there.to.serverId, { sourceServerResourceId: "/other" })).toContain("follows /other");
  });

  it("where the load balancers cannot be read, unless they are switched by hand", async () => {
    const world = asDeployed();
    const cloud = withCalls(world, (name, make) =>
      name === "poolOrder" ? Promise.reject(new Error("Authentication error")) : make(),
    );
    const refused = await attempt(world, request({ planned: true }), { cloud });
    expect([refused.exitCode, why(refused)]).toEqual([5, expect.stringContaining("Authentication error")]);
    const seen = await observe(cloud, there);
    const plan = planTakeover(request({ planned: true, withoutEdge: true }), there, seen);
    expect(plan.kind === "steps" && plan.steps).not.toContain("switch the edge");
  });

  it("where stacks do not say where everything is", () => {
    const places = findPlaces(
      { stack: dr, environment: "dr", outputs: undefined },
      { stack: prod, environment: "prod", outputs: {} },
      false,
    );
    expect(places).toEqual([
      expect.stringContaining(`${dr}: it was never deployed`),
      expect.stringContaining(`${prod}: its output database`),
      expect.stringContaining(`${prod}: its output smokeChecks`),
    ]);
  });
});

const page = readFileSync(join(repository, "docs/takeover.md"), "utf8");
const last = (text: string) => text.trimEnd().split("\n").at(-1) ?? "";

/** Runs the commands of a section of docs/takeover.md, one after the other, and returns the last line of each. */
async function follow(title: string): Promise<string[]> {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? "";
  const block = /```sh\n([^`]+)```/.exec(section)?.[1] ?? "";
  const ends: string[] = [];
  for (const line of block.trim().split("\n")) {
    const [command = "", ...args] = line.replace("npm run ", "").replace(" -- ", " ").split(" ");
    const kept = command === "takeover" ? ["--output", evidenceDirectory] : [];
    const { exitCode, output, errors } = await run(command, ...args, "--yes", ...kept);
    expect([line, exitCode, exitCode === 0 ? "" : output + errors]).toEqual([line, 0, ""]);
    ends.push(last(output));
  }
  return ends;
}

describe("docs/takeover.md", () => {
  it("has every option that accepts a risk, and the durations that a rehearsal takes", async () => {
    const flags = Object.values(command.options).map(({ flags: text }) => /--[a-z-]+/.exec(text)?.[0] ?? "");
    const risks = flags.filter((flag) => /^--(accept|without|primary)-/.test(flag));
    expect(risks.length).toBe(6);
    for (const flag of risks) expect(page).toContain(`| \`${flag}`);
    const evidence = await attempt(asDeployed(), request({ planned: true }));
    const rows = reportPage([evidence], there.recovery).split("\n");
    for (const step of evidence.planned) {
      const took = rows.find((row) => row.startsWith(`| ${step} |`))?.split(" | ")[1];
      const said = page.split("\n").find((row) => row.startsWith(`| ${step} |`));
      expect([step, said?.endsWith(`| ${took} |`)]).toEqual([step, true]);
    }
    const parts = measure([evidence], there.recovery).map(({ seconds }) => seconds);
    expect(parts).toEqual([267, 150, 210, 267]);
    expect(page).toContain("database 2 min 30 s (promised: 30 min), objects 3 min 30 s (60), names 4 min 27 s (15)");
  });

  it.each([...page.matchAll(/`npm run takeover -- ([^`]+)`/g)].map(([, args = ""]) => args))(
    "has only options that there are: %s",
    async (args) => {
      const parsed: string[] = [];
      const program = commandLineProgram(["takeover"], async ({ name }) => void parsed.push(name));
      await program.parseAsync(["takeover", ...args.split(" ")], { from: "user" });
      expect(parsed).toEqual(["takeover"]);
    },
  );
});

// The last tests of the file: they change what the others begin with.
describe("npm run takeover", () => {
  it("refuses wrong options, and asks before it does anything", async () => {
    const wrong = await takeOver("--planned", "--primary-is-lost", "--yes");
    expect([wrong.exitCode, wrong.errors + wrong.output]).toEqual([2, expect.stringContaining("not both")]);
    const lag = await takeOver("--accept-lag", "1h", "--yes");
    expect([lag.exitCode, lag.errors + lag.output]).toEqual([2, expect.stringContaining("whole number")]);
    const other = await run("takeover", "--stack", prod, "--yes");
    expect([other.exitCode, other.errors + other.output]).toEqual([
      2,
      expect.stringContaining("stands by for no other"),
    ]);
    const asked = await takeOver("--planned");
    expect([asked.exitCode, asked.errors + asked.output]).toEqual([2, expect.stringContaining("--yes")]);
  });

  it("prints one document, and is not begun twice on one machine", async () => {
    const { exitCode, output } = await takeOver("--planned", "--dry-run", "--json");
    expect([exitCode, JSON.parse(output)]).toMatchObject([0, { from: prod, to: dr, dryRun: true, steps: [] }]);
    const quoting = ["takeover", "--stack", dr, "--output", evidenceDirectory, "--planned", "--dry-run", "--json"];
    const quoted = await runHere(quoting, { SANDBOX_DIRECTORY: sandbox, QUOTED_TOKEN: prod });
    expect(JSON.parse(quoted.output)).toMatchObject({ from: "[secret]", to: dr });
    const lock = tryLock(join(evidenceDirectory, "takeover.lock"), "another takeover");
    const second = await takeOver("--planned", "--yes");
    expect([second.exitCode, second.errors + second.output]).toEqual([1, expect.stringContaining("another takeover")]);
    if (lock.taken) lock.release();
    expect(await objectsOnDisk()).toEqual(deployed);
  });

  it("keeps what it found, after which deployments of both stacks change nothing of it", async () => {
    expect(await follow("Commands")).toEqual([
      expect.stringContaining("dry run: 7 steps"),
      expect.stringContaining(`${dr} serves`),
    ]);
    const page = readdirSync(evidenceDirectory).find((name) => name.endsWith(".md")) ?? "";
    expect(readFileSync(join(evidenceDirectory, page), "utf8")).toContain("- [x] No data of the database was lost");

    expect(last((await run("preview", "--stack", prod)).output)).toMatch(/previewed: \d+ unchanged$/);
    const preview = (await run("preview", "--stack", dr, "--diff")).output;
    expect(last(preview)).toMatch(/previewed: 3 to update, \d+ unchanged$/);
    expect(preview.match(/~ minReplicas: \d => \d/g)).toEqual(
      ["1 => 3", "0 => 2", "0 => 2"].map((change) => `~ minReplicas: ${change}`),
    );
    for (const stack of [prod, dr]) expect((await run("up", "--stack", stack, "--yes")).exitCode).toBe(0);
    expect(await situation(new MemoryWorld(await objectsOnDisk()))).toEqual(taken);
  });

  it("lets nobody refresh the states of the two until the way back", async () => {
    for (const stack of [prod, dr]) {
      const { exitCode, errors, output } = await run("refresh", "--stack", stack, "--yes");
      expect([exitCode, errors + output]).toEqual([5, expect.stringContaining(`${dr} has taken over`)]);
    }
  });

  it("leads back; then a refresh and a deployment of production give it back what it had", async () => {
    expect(await follow("The way back")).toEqual([
      expect.stringContaining(`${prod} serves`),
      expect.stringContaining("refreshed: 1 updated, 1 deleted"),
      expect.stringContaining("done: 1 created, 1 updated"),
      expect.stringContaining("done: 3 updated"),
    ]);
    const objects = await objectsOnDisk();
    expect(await situation(new MemoryWorld(objects))).toEqual(before);
    const server = objects.find(({ id }) => id === there.from.serverId);
    expect(server?.properties.highAvailability).toMatchObject({ mode: "ZoneRedundant" });
  });
});
