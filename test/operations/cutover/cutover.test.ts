import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PagesSite } from "../../../components/static-site/schema";
import {
  type CutoverEvidence,
  type CutoverPlace,
  cutoverPlace,
  type Migration,
  withMigration,
  withState,
} from "../../../operations/cutover/cutover-place";
import { type CutoverEnd, type CutoverRequest, runCutover } from "../../../operations/cutover/run-cutover";
import { CloudflareSites, type SiteCloud } from "../../../operations/cutover/site-cloud";
import { EmulatedSites, siteFaults, siteTimes } from "../../../sandbox/clouds/emulated-sites";
import { openWorld } from "../../../sandbox/world/open-world";
import { MemoryWorld, type WorldObject } from "../../../sandbox/world/world";
import { systemSite } from "../../../stacks/system-sites";
import { ProjectCopy } from "../../acceptance/project-copy";
import { packOf, writtenPack } from "../../policies/written-pack";
import { served } from "../delivery/local-server";

const [accountId, zoneId] = ["account", "c0de0000000000000000000000000004"];
const kinds = {
  zone: "cloudflare:index/zone:Zone",
  project: "cloudflare:index/pagesProject:PagesProject",
  domain: "cloudflare:index/pagesDomain:PagesDomain",
  record: "cloudflare:index/dnsRecord:DnsRecord",
  ruleset: "cloudflare:index/ruleset:Ruleset",
};
const subdomain = "alai-getdrop-web.pages.dev";
const old = "192.0.2.7";

/** A site that is to move, whose record Cloudflare hands out as it is. */
const moving: PagesSite = {
  ...{ state: "to-migrate", domain: "getdrop.no", zone: "getdrop.no", owner: "own", monitor: true },
  ...{ repository: "alai-getdrop-web", branch: "main", adoptProject: false, framework: { kind: "html" } },
  ...{ www: "serve", current: { type: "A", address: old, proxied: false } },
};
const object = (kind: string, id: string, properties: WorldObject["properties"]): WorldObject => ({
  ...{ cloud: "cloudflare", kind, id, properties },
});
const record = (id: string, name: string, content: string, more: WorldObject["properties"] = {}) =>
  object(kinds.record, id, {
    ...{ zoneId, name, type: "A", content, ttl: 300, proxied: false, modifiedOn: "2026-01-01T00:00:00Z", ...more },
  });
/** The zone as it is before: `www` was made by hand. */
const byHand = record("by-hand", "www.getdrop.no", old);
const there = [
  object(kinds.zone, zoneId, { name: "getdrop.no", status: "active" }),
  object(kinds.project, "alai-getdrop-web", { accountId, name: "alai-getdrop-web", subdomain }),
  record("apex", "getdrop.no", old),
];
/** An object as a resource of the stack. */
function own({ kind, id, properties }: WorldObject) {
  const name = kind === kinds.record ? "getdrop.no-site" : "getdrop.no";
  return { type: kind, id, urn: `urn:pulumi:prod::landscape::${kind}::${name}`, custom: true, outputs: properties };
}

interface Setting {
  readonly site?: PagesSite;
  readonly objects?: readonly WorldObject[];
  /** Resources of the stack beside the site's. */
  readonly more?: readonly ReturnType<typeof own>[];
  /** How a deployment ends, and whether it moves anything. Default: it does. One whose resource failed had begun to apply. */
  readonly deploys?: () => boolean | CutoverEnd;
  /** What is answered before anything is done. Default: yes. */
  readonly agrees?: boolean;
}

/** Who carries a site over: world, inventory and evidence stay when a run is killed. */
class Rehearsal {
  readonly world: MemoryWorld;
  readonly said: string[] = [];
  readonly calls: string[] = [];
  evidence: CutoverEvidence | undefined;
  migrations: Migration[] = [];
  site: PagesSite;
  #killedAt: number | undefined;

  constructor(private readonly setting: Setting = {}) {
    this.world = new MemoryWorld([...there, byHand, ...(setting.objects ?? [])]);
    this.site = setting.site ?? moving;
  }

  async run(request: Partial<CutoverRequest> = {}, killedAt?: number): Promise<CutoverEnd> {
    this.#killedAt = killedAt;
    this.calls.length = 0;
    const emulated = new EmulatedSites(async () => this.world, 0);
    const cloud = this.#killable(emulated);
    const place = this.place();
    const end = await runCutover(
      place,
      { back: false, acceptSize: false, wait: false, timeoutSeconds: 900, dryRun: false, ...request },
      this.#killable({
        cloud,
        signal: new AbortController().signal,
        say: (line: string) => void this.said.push(line),
        agree: async () => this.setting.agrees ?? true,
        setState: (wanted: "on-pages" | "to-migrate") => {
          if (this.site.state !== "retired") this.site = { ...this.site, state: wanted };
        },
        deploy: (beforeApplying: () => Promise<void>) => this.#deploy(emulated, beforeApplying),
        readEvidence: () => this.evidence,
        writeEvidence: (kept: CutoverEvidence) => {
          this.evidence = kept;
        },
      }),
    );
    if (end.migration !== undefined) this.migrations.push(end.migration);
    return end;
  }

  place(): CutoverPlace {
    const place = cutoverPlace(systemSite(this.site), {
      deployment: { resources: [...there.map(own), ...(this.setting.more ?? [])] },
    });
    if (typeof place === "string") throw new Error(place);
    return place;
  }

  /** Everything that lasts, without times. */
  lasting() {
    const objects = this.world
      .objects()
      .map(({ kind, id, properties: { modifiedOn: _, ...rest } }) => ({ kind, id, ...rest }));
    return { state: this.site.state, objects: objects.sort((one, other) => (one.id < other.id ? -1 : 1)) };
  }

  /** What `www` leads to. */
  www() {
    const objects = this.world.objects().filter(({ properties: { name } }) => name === byHand.properties.name);
    return objects.flatMap(({ kind, properties }) => (kind === kinds.record ? [properties.content] : []));
  }

  refusals() {
    return this.said.filter((line) => line.startsWith("refused: "));
  }

  /** What a deployment of the program does with the site. */
  async #deploy({ clock }: EmulatedSites, beforeApplying: () => Promise<void>): Promise<CutoverEnd | undefined> {
    const ended = this.setting.deploys?.() ?? true;
    if (typeof ended === "object" && ended.exitCode !== 4) return ended;
    await beforeApplying();
    if (ended !== true) return ended === false ? undefined : ended;
    await clock.pause(1000, new AbortController().signal);
    const modifiedOn = clock.now().toISOString();
    const onPages = { type: "CNAME", content: subdomain, ttl: 1, proxied: true, modifiedOn };
    await this.world.transact((world) => {
      for (const name of ["getdrop.no", "www.getdrop.no"]) {
        const [id, isApex] = [name === "getdrop.no" ? "apex" : "www", name === "getdrop.no"];
        if (this.site.state === "on-pages") {
          world.put(object(kinds.domain, name, { accountId, name, projectName: "alai-getdrop-web" }));
          // One that is as it should be is left alone.
          if (world.get(kinds.record, id)?.properties.content !== subdomain) world.put(record(id, name, "", onPages));
        } else {
          world.delete(kinds.domain, name);
          if (isApex) world.put(record(id, name, old, { modifiedOn }));
          else world.delete(kinds.record, id);
        }
      }
    });
    return undefined;
  }

  #killable<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (from, property) => {
        const value = Reflect.get(from, property);
        if (typeof value !== "function" || ["say", "now"].includes(String(property))) return value;
        return (...args: readonly unknown[]) => {
          this.calls.push(`${String(property)} ${typeof args[0] === "string" ? args[0] : ""}`);
          // Who is killed does nothing more, not even what follows an error.
          if (this.calls.length >= (this.#killedAt ?? Number.POSITIVE_INFINITY)) throw new Error("killed");
          return Reflect.apply(value, from, args);
        };
      },
    });
  }
}

const content = (place: string, properties: WorldObject["properties"]) => object(siteFaults.content, place, properties);

describe("a cut-over", () => {
  it("waits until nobody remembers the old address, moves the names, waits for Pages, measures", async () => {
    const rehearsal = new Rehearsal();
    const began = Date.now();
    const end = await rehearsal.run();
    expect(end).toMatchObject({ exitCode: 0, outcome: "getdrop.no is served by Pages, down 60 s" });
    expect(rehearsal.migrations).toEqual([
      {
        ...{ day: new Date().toISOString().slice(0, 10), domain: "getdrop.no", from: `A ${old}`, to: "CF Pages" },
        ...{ downtime: "60 s", before: `${siteTimes.elsewhere} ms`, after: `${siteTimes.pages} ms` },
      },
    ]);
    const [started, ended] = [rehearsal.evidence?.startedAt ?? "", rehearsal.evidence?.endedAt ?? ""].map(Date.parse);
    // The TTL that the record had, and what Pages takes.
    expect((ended ?? 0) - (started ?? began)).toBeGreaterThan((300 + siteTimes.validation) * 1000);
    expect(rehearsal.calls).toEqual(expect.arrayContaining([`setTtl ${zoneId}`, `deleteRecord ${zoneId}`]));
    expect(rehearsal.lasting().objects.filter(({ kind }) => kind === kinds.record)).toMatchObject([
      { id: "apex", content: subdomain },
      { id: "www", content: subdomain },
    ]);
    expect(await rehearsal.run()).toMatchObject({
      exitCode: 0,
      outcome: "nothing to do: getdrop.no is served by Pages",
    });
    expect(rehearsal.migrations).toHaveLength(1);
  });

  it.each<readonly [string, Setting, RegExp]>([
    [
      "whose zone is not active",
      { objects: [object(kinds.zone, zoneId, { name: "getdrop.no", status: "pending" })] },
      /the zone is pending/,
    ],
    [
      "of which nothing was deployed",
      { objects: [content(subdomain, { deployment: "none" })] },
      /nothing was deployed; push to main of alai-getdrop-web/,
    ],
    [
      "whose deployment failed",
      { objects: [content(subdomain, { deployment: "failure" })] },
      /newest deployment is failure/,
    ],
    ["whose copy does not answer", { objects: [content(subdomain, { status: 404 })] }, /answers 404; expected 200/],
    ["whose copy is less than half", { objects: [content(subdomain, { bytes: 9_999 })] }, /9999 bytes.*--accept-size/],
    ["whose www nobody decided", { site: { ...moving, www: "none" } }, /www.getdrop.no leads to A 192.0.2.7.*"www"/],
    [
      "whose www is a record of the zone",
      { more: [{ ...own(byHand), urn: "urn:pulumi:prod::landscape::record::getdrop.no-a-www" }] },
      /A 192.0.2.7 of www.getdrop.no is getdrop.no-a-www, .*take it out first/,
    ],
  ])("refuses a site %s, and changes nothing", async (_, setting, refusal) => {
    const rehearsal = new Rehearsal(setting);
    const before = rehearsal.lasting();
    expect(await rehearsal.run()).toEqual({ exitCode: 5, outcome: "refused; nothing was changed" });
    expect(rehearsal.refusals()).toEqual([expect.stringMatching(refusal)]);
    expect(rehearsal.lasting()).toEqual(before);
    expect(rehearsal.evidence).toBeUndefined();
  });

  it("takes a copy of another size when it is told to", async () => {
    const rehearsal = new Rehearsal({ objects: [content(subdomain, { bytes: 100 })] });
    expect(await rehearsal.run({ acceptSize: true })).toMatchObject({ exitCode: 0 });
  });

  it("asks Pages to look again at a name that stays pending", async () => {
    const rehearsal = new Rehearsal({ objects: [object(siteFaults.stuckName, "getdrop.no", {})] });
    expect((await rehearsal.run()).outcome).toMatch(/is served by Pages, down 18\d s/);
    expect(rehearsal.said.join("\n")).toContain("Pages says of getdrop.no: pending, CNAME record not set");
  });

  it("gives up in time, goes on when it is run again, and says what nobody measured", async () => {
    let comes = false;
    const rehearsal = new Rehearsal({ deploys: () => comes });
    const end = await rehearsal.run({ timeoutSeconds: 30 });
    expect(end).toEqual({ exitCode: 9, outcome: `not well after 30 s: getdrop.no does not lead to ${subdomain}` });
    comes = true;
    const late = await rehearsal.run({ timeoutSeconds: 30 });
    expect(late).toMatchObject({ exitCode: 9, outcome: expect.stringContaining("Pages says of getdrop.no: pending") });
    expect((await rehearsal.run()).outcome).toMatch(/^getdrop.no is served by Pages, down at most \d+ s$/);
  });

  it.each<readonly [string, Setting, CutoverEnd, boolean]>([
    ["nobody agrees", { agrees: false }, { exitCode: 8, outcome: "nothing was changed" }, false],
    ...(
      [
        ["a policy stops the deployment", { exitCode: 5, outcome: "policy violation" }, false],
        ["nobody agrees to the deployment", { exitCode: 8, outcome: "nothing was applied" }, false],
        ["nobody deploys in time", { exitCode: 9, outcome: "nobody deployed it within 30 s" }, false],
        ["a resource fails", { exitCode: 4, outcome: "1 failed" }, true],
      ] as const
    ).map(([when, end, isDeleted]) => [when, { deploys: () => end }, end, isDeleted] as const),
    [
      "the names do not move in time",
      { deploys: () => false },
      { exitCode: 9, outcome: `not well after 30 s: getdrop.no does not lead to ${subdomain}` },
      true,
    ],
  ])("leaves what was made by hand when %s", async (_, setting, end, isDeleted) => {
    const rehearsal = new Rehearsal(setting);
    expect(await rehearsal.run({ timeoutSeconds: 30 })).toEqual(end);
    expect(rehearsal.calls.some((call) => call.startsWith("deleteRecord"))).toBe(isDeleted);
    expect([rehearsal.www(), rehearsal.evidence?.removed ?? [], rehearsal.migrations]).toEqual([[old], [], []]);
  });

  it("makes all addresses of a name again, and nothing beside what came in their place", async () => {
    const second = record("second", "www.getdrop.no", "192.0.2.8");
    const failing = { exitCode: 4, outcome: "1 failed" } as const;
    const rehearsal = new Rehearsal({ objects: [second], deploys: () => failing });
    await rehearsal.run();
    expect(rehearsal.www().sort()).toEqual([old, "192.0.2.8"]);
    const halfway = new Rehearsal({
      deploys: () => {
        const inItsPlace = record("www", "www.getdrop.no", subdomain, { type: "CNAME" });
        void halfway.world.transact((world) => world.put(inItsPlace));
        return failing;
      },
    });
    await halfway.run();
    expect([halfway.www(), halfway.evidence?.removed]).toEqual([
      [subdomain],
      [expect.objectContaining({ id: "by-hand" })],
    ]);
  });

  it("refuses what it could not delete right before somebody else's deployment", async () => {
    const rehearsal = new Rehearsal();
    expect(await rehearsal.run({ wait: true })).toEqual({ exitCode: 5, outcome: "refused; nothing was changed" });
    expect(rehearsal.refusals()).toEqual([
      expect.stringMatching(/^refused: A 192.0.2.7 of www.getdrop.no, which no stack has, .*run it without --wait/),
    ]);
    expect(rehearsal.www()).toEqual([old]);
  });

  it.each([false, true])("changes nothing in a dry run that goes on with another, back: %s", async (back) => {
    const rehearsal = new Rehearsal();
    if (back) await rehearsal.run();
    await rehearsal.run({ back });
    // Killed right before it wrote that it is done.
    const { endedAt: _, ...unfinished } = rehearsal.evidence ?? expect.fail("no evidence");
    rehearsal.evidence = unfinished;
    const before = [rehearsal.lasting(), rehearsal.evidence, [...rehearsal.migrations]];
    const end = await rehearsal.run({ back, dryRun: true });
    expect(end).toEqual({ exitCode: 0, outcome: "dry run: nothing was changed" });
    expect(rehearsal.said.at(-1)).toBe("would: watches the site until it is well, measures, writes the migration log");
    expect([rehearsal.lasting(), rehearsal.evidence, rehearsal.migrations]).toEqual(before);
  });

  it("converges when it was killed at any of its steps, there and back", async () => {
    const whole = new Rehearsal();
    await whole.run();
    const [there, firsts] = [whole.lasting(), firstCalls(whole.calls)];
    await whole.run({ back: true });
    const [back, firstsBack] = [whole.lasting(), firstCalls(whole.calls)];
    expect([firsts.length, firstsBack.length].every((length) => length >= 8)).toBe(true);
    for (const at of firsts) {
      const killed = new Rehearsal();
      await expect(killed.run({}, at), String(at)).rejects.toThrow("killed");
      expect(await killed.run(), String(at)).toMatchObject({ exitCode: 0 });
      expect(killed.lasting(), String(at)).toEqual(there);
      expect(killed.migrations, String(at)).toHaveLength(1);
    }
    for (const at of firstsBack) {
      const killed = new Rehearsal();
      await killed.run();
      await expect(killed.run({ back: true }, at), String(at)).rejects.toThrow("killed");
      expect(await killed.run({ back: true }), String(at)).toMatchObject({ exitCode: 0 });
      expect(killed.lasting(), String(at)).toEqual(back);
    }
  });
});

/** At which calls something is done for the first time, counted from 1. */
function firstCalls(calls: readonly string[]): readonly number[] {
  return calls.flatMap((call, index) => (calls.indexOf(call) === index ? [index + 1] : []));
}

describe("the way back", () => {
  it("gives the names back to the old place, also the one that no stack had", async () => {
    const rehearsal = new Rehearsal();
    await rehearsal.run();
    const end = await rehearsal.run({ back: true });
    expect(end).toMatchObject({ exitCode: 0, outcome: `getdrop.no is served by A ${old} again, down 0 s` });
    expect(rehearsal.migrations[1]).toMatchObject({ from: "CF Pages", to: `A ${old}`, after: "114 ms" });
    expect(rehearsal.lasting().objects.filter(({ kind }) => kind === kinds.record)).toMatchObject([
      { id: "apex", content: old },
      { id: "by-hand", name: "www.getdrop.no", content: old },
    ]);
    expect((await rehearsal.run({ back: true })).outcome).toMatch(/^nothing to do/);
  });

  it("is refused where nobody would be served, or nobody knows where it was", async () => {
    const rehearsal = new Rehearsal({ objects: [content(old, { status: 0 })] });
    await rehearsal.run();
    expect(await rehearsal.run({ back: true })).toMatchObject({ exitCode: 5 });
    expect(rehearsal.refusals()).toEqual([expect.stringContaining(`A ${old} answers nothing (connect ETIMEDOUT)`)]);
    const { current: _, ...unknown } = { ...moving, state: "on-pages" as const };
    const forgotten = new Rehearsal({ site: unknown });
    expect(await forgotten.run({ back: true })).toMatchObject({ exitCode: 5 });
    expect(forgotten.refusals()).toEqual([expect.stringContaining('does not say where the site was: "current"')]);
  });

  it("only undoes the inventory where nothing had moved, and logs nothing", async () => {
    const rehearsal = new Rehearsal({ site: { ...moving, state: "on-pages" } as PagesSite });
    expect((await rehearsal.run({ back: true })).outcome).toContain("it had not moved");
    expect([rehearsal.site.state, rehearsal.migrations]).toEqual(["to-migrate", []]);
  });
});

describe("what is asked of Cloudflare, and of a site", () => {
  it("is what its API takes", async () => {
    const answers: Readonly<Record<string, unknown>> = {
      "/pages/projects/p/deployments": [{ latest_stage: { name: "deploy", status: "success" } }],
      "/pages/projects/p/domains/getdrop.no": {
        ...{ status: "pending", validation_data: { status: "initializing", method: "http" } },
        verification_data: { status: "pending", error_message: "CNAME record not set" },
      },
      "/dns_records": [
        { id: "1", name: "getdrop.no", type: "A", content: old, ttl: 300, modified_on: "2026-01-01T00:00:00Z" },
        { id: "2", name: "getdrop.no", type: "MX", content: "mx", ttl: 1, modified_on: "2026-01-01T00:00:00Z" },
      ],
    };
    await served(
      ({ path }) => {
        const known = Object.keys(answers).find((end) => path.split("?")[0]?.endsWith(end));
        if (known === undefined && path.includes("/domains/"))
          return { status: 404, body: { success: false, errors: [] } };
        const isBehind = /[?&]page=[2-9]/.test(path);
        const result = known === undefined ? {} : isBehind ? [] : answers[known];
        return { status: 200, body: { success: true, result, result_info: { page: 1, total_pages: 1 } } };
      },
      async (endpoint, server) => {
        const sites: SiteCloud = new CloudflareSites({ cloudflare: { endpoint, token: "token" } });
        const place = { accountId: "a", project: "p" };
        expect(await sites.records("z", "getdrop.no")).toMatchObject([
          { id: "1", type: "A", proxied: false, ttl: 300 },
        ]);
        expect(await sites.deploymentStatus(place)).toBe("success");
        expect(await sites.domain(place, "getdrop.no")).toEqual({ status: "pending", problem: "CNAME record not set" });
        expect(await sites.domain(place, "other.no")).toBeUndefined();
        await sites.setTtl("z", "1", 60);
        await sites.retryValidation(place, "getdrop.no");
        const asked = server.seen.slice(-2).map(({ method, path, body }) => [method, path, JSON.parse(body || "{}")]);
        expect(asked).toEqual([
          ["PATCH", "/zones/z/dns_records/1", { ttl: 60 }],
          ["PATCH", "/accounts/a/pages/projects/p/domains/getdrop.no", {}],
        ]);
        const here = `http://getdrop.invalid:${new URL(endpoint).port}/`;
        expect(await sites.answer(here)).toMatchObject({
          status: undefined,
          problem: expect.stringMatching(/ENOTFOUND|EAI/),
        });
        expect(await sites.answer(here, "127.0.0.1")).toMatchObject({ status: 200, bytes: expect.any(Number) });
        expect(await sites.warmMilliseconds(endpoint)).toEqual(expect.any(Number));
      },
    );
  });
});

describe("npm run cutover", () => {
  const project = new ProjectCopy();
  const sites = "stacks/alai/inventory/sites.yaml";
  const cutover = (...args: readonly string[]) => project.run(["cutover", "--site", "getdrop.no", ...args]);
  beforeAll(async () => {
    expect(await project.run(["up", "--stack", "prod", "--yes", "--skip-preview"])).toMatchObject({ exitCode: 0 });
  }, 120_000);
  afterAll(() => project.remove());

  it("names what can be moved, and asks on a terminal", async () => {
    const unknown = await project.run(["cutover", "--site", "getdrop.n", "--dry-run"]);
    expect([unknown.exitCode, unknown.errors]).toEqual([2, expect.stringContaining('did you mean "getdrop.no"?')]);
    const paused = await project.run(["cutover", "--site", "snowit.ba", "--dry-run"]);
    expect([paused.exitCode, paused.errors]).toEqual([
      2,
      expect.stringContaining("snowit.ba is paused; expected to-migrate or on-pages"),
    ]);
    expect(await cutover()).toMatchObject({ exitCode: 2 });
    const dry = await cutover("--dry-run");
    expect([dry.exitCode, dry.output]).toEqual([
      0,
      expect.stringMatching(/would: .*sites.yaml:\d+ says "state: on-pages"/),
    ]);
    expect(project.read(sites)).toBe(readFileSync(sites, "utf8"));
  });

  it("moves a site of the inventory by one word of it", async () => {
    project.edit(sites, "address: 4.223.110.181 }", "address: 4.223.110.181 }\n    www: serve");
    const before = project.read(sites);
    const world = await openWorld(project.path(".sandbox"));
    await world.transact((transaction) => transaction.put(byHand));
    const waiting = await cutover("--wait", "--yes");
    expect([waiting.exitCode, waiting.output]).toEqual([5, expect.stringContaining("run it without --wait")]);
    const isThere = () => world.read((reading) => reading.get(kinds.record, byHand.id) !== undefined);
    const pack = writtenPack(
      packOf(`validateResource: ({ type, props }, report) => {
        if (type === "${kinds.domain}" && props.name === "getdrop.no") report("stays where it is");
      }`),
    );
    const stopped = await cutover("--yes", "--policy-pack", pack);
    expect([stopped.exitCode, await isThere()]).toEqual([5, true]);
    // It was never away.
    expect(stopped.output).not.toContain("www.getdrop.no again");
    const moved = await cutover("--yes");
    expect(await isThere()).toBe(false);
    world.close();
    expect(moved.output).toMatch(/getdrop.no is served by Pages, down 60 s\n$/);
    const lines = before.split("\n");
    expect(
      project
        .read(sites)
        .split("\n")
        .filter((line, index) => line !== lines[index]),
    ).toEqual(["    state: on-pages"]);
    expect(project.read(".report/prod/cutover/log.md")).toContain(
      "| getdrop.no | A 4.223.110.181 | CF Pages | 60 s | 114 ms | 51 ms |",
    );
  }, 60_000);
});

describe("the inventory and the log", () => {
  it("take one word, and one row", () => {
    expect(() => withState("a:\n  - domain: x\n", 2, "on-pages")).toThrow('expected a line "state: …"');
    const page = "# Sites\n\n| Date |\n|-|\n| 1 |\n";
    const row = { day: "2", domain: "d", from: "f", to: "t", downtime: "1 s", before: "1 ms", after: "2 ms" };
    expect(withMigration(page, row)).toBe(`${page}| 2 | d | f | t | 1 s | 1 ms | 2 ms | |\n`);
  });
});
