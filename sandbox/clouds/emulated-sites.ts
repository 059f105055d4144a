import type { PropertyMap } from "../../deployment/values/property-value";
import { pause } from "../../lib/retry";
import type { PagesPlace, SiteRecord } from "../../lib/site-record";
import { ServiceError } from "../engine/provider";
import type { World, WorldObject, WorldReading } from "../world/world";
import { pagesDomainKind, pagesProjectKind, recordKind, requireZone, zoneOfHost } from "./cloudflare/service-lookup";
import { flagAt, mapsAt, numberAt, textAt } from "./read-property";

/**
 * How long things take, on the sandbox's clock.
 *
 * - `validation`: seconds from the record on until Pages answers for a name. Source: the plan's migration log, basicconsulting.no: "~60s".
 * - `pages`, `elsewhere`: milliseconds until the first byte. Source: the same line, "51ms" and "114ms".
 */
export const siteTimes = { validation: 60, pages: 51, elsewhere: 114 } as const;

/**
 * What tests put into the world: what a place answers, by its name or address as the id, as `status` (0: nothing), `bytes` and, of a Pages
 * project, `deployment`; a name that Pages looks at again only when it is told to, as the id.
 */
export const siteFaults = {
  content: "cloudflare:sandbox:SiteContent",
  stuckName: "cloudflare:sandbox:StuckName",
} as const;

/** Cloudflare and a visitor while a site moves: the calls that no provider makes. */
export class EmulatedSites {
  #passed = 0;
  readonly #begun = Date.now();
  /** Since when Pages looks at each name that was asked for; undefined while it does not. */
  readonly #since = new Map<string, number | undefined>();
  readonly #retried = new Set<string>();

  readonly clock = {
    now: (): Date => new Date(this.#begun + this.#passed),
    pause: async (milliseconds: number, signal: AbortSignal): Promise<void> => {
      this.#passed += milliseconds;
      await pause(this.realMilliseconds, signal);
    },
  };

  /** @param realMilliseconds how long each wait is for a deployment that goes on meanwhile */
  constructor(
    private readonly world: () => Promise<World>,
    private readonly realMilliseconds = 5,
  ) {}

  zoneStatus(zoneId: string): Promise<string> {
    return this.#ask((world) => textAt(requireZone(world, zoneId).properties, "status") ?? "active");
  }

  records(zoneId: string, name: string): Promise<readonly SiteRecord[]> {
    return this.#ask((world) =>
      recordsOf(world, name)
        .filter(({ properties }) => properties.zoneId === zoneId)
        .map(({ id, properties }) => ({
          ...{ id, name, type: textAt(properties, "type") ?? "", content: textAt(properties, "content") ?? "" },
          ...{ ttl: numberAt(properties, "ttl") ?? 1, proxied: flagAt(properties, "proxied") ?? false },
          changedAt: new Date(textAt(properties, "modifiedOn") ?? 0),
        })),
    );
  }

  setTtl(_zoneId: string, recordId: string, seconds: number): Promise<void> {
    return this.#changeRecord(recordId, { ttl: seconds, modifiedOn: this.clock.now().toISOString() });
  }

  async deleteRecord(_zoneId: string, recordId: string): Promise<void> {
    await (await this.world()).transact((world) => world.delete(recordKind, recordId));
  }

  async createRecord(zoneId: string, { id, name, type, content, ttl, proxied }: SiteRecord): Promise<void> {
    const properties = { zoneId, name, type, content, ttl, proxied, modifiedOn: this.clock.now().toISOString() };
    await (await this.world()).transact((world) => {
      world.put({ cloud: "cloudflare", kind: recordKind, id, properties });
    });
  }

  deploymentStatus({ project }: PagesPlace): Promise<string | undefined> {
    return this.#ask((world) => {
      const given = textAt(contentOf(world, `${project}.pages.dev`), "deployment") ?? "success";
      return given === "none" ? undefined : given;
    });
  }

  domain({ project }: PagesPlace, name: string) {
    return this.#ask((world) => {
      const found = world.get(pagesDomainKind, name);
      if (found?.properties.projectName !== project) return undefined;
      return this.#isActive(world, name)
        ? { status: "active" }
        : { status: "pending", problem: "CNAME record not set" };
    });
  }

  async retryValidation(_place: PagesPlace, name: string): Promise<void> {
    this.#retried.add(name);
  }

  answer(url: string, at?: string) {
    return this.#ask((world) => this.#answerOf(world, new URL(url).hostname, at));
  }

  async warmMilliseconds(url: string): Promise<number | undefined> {
    const { status, milliseconds } = await this.answer(url);
    return status === undefined ? undefined : milliseconds;
  }

  #answerOf(world: WorldReading, host: string, at: string | undefined) {
    const nothing = (problem: string) => ({ status: undefined, problem, bytes: 0, milliseconds: 0 });
    if (at !== undefined) return contentAnswer(world, at, siteTimes.elsewhere);
    if (host.endsWith(".pages.dev")) {
      const isThere = world.get(pagesProjectKind, host.replace(/\.pages\.dev$/, "")) !== undefined;
      return isThere ? contentAnswer(world, host, siteTimes.pages) : nothing(`getaddrinfo ENOTFOUND ${host}`);
    }
    const isActive = this.#isActive(world, host);
    const [record] = recordsOf(world, host);
    if (record === undefined) return nothing(`getaddrinfo ENOTFOUND ${host}`);
    const location = redirectOf(world, host);
    if (location !== undefined) return { status: 301, bytes: 0, milliseconds: siteTimes.pages, location };
    const content = textAt(record.properties, "content") ?? "";
    if (!content.endsWith(".pages.dev")) return contentAnswer(world, content, siteTimes.elsewhere);
    // Error 522: Pages does not know the name yet.
    if (!isActive) return { status: 522, bytes: 0, milliseconds: siteTimes.pages };
    return contentAnswer(world, content, siteTimes.pages);
  }

  /** Pages looks at a name from the moment on at which both it and its record are there. */
  #isActive(world: WorldReading, name: string): boolean {
    const isNew = !this.#since.has(name);
    const project = textAt(world.get(pagesDomainKind, name)?.properties ?? {}, "projectName");
    const isThere = project !== undefined && recordsOf(world, name)[0]?.properties.content === `${project}.pages.dev`;
    const isStuck = world.get(siteFaults.stuckName, name) !== undefined && !this.#retried.has(name);
    // What was there before anybody watched was looked at long ago.
    const since = isNew ? Number.NEGATIVE_INFINITY : (this.#since.get(name) ?? this.#passed);
    this.#since.set(name, isThere && !isStuck ? since : undefined);
    return isThere && !isStuck && this.#passed >= since + siteTimes.validation * 1000;
  }

  async #changeRecord(id: string, changes: PropertyMap): Promise<void> {
    await (await this.world()).transact((world) => {
      const record = world.get(recordKind, id);
      if (record === undefined) throw new ServiceError("81044", "Record does not exist.", 404);
      world.put({ ...record, properties: { ...record.properties, ...changes } });
    });
  }

  async #ask<T>(look: (world: WorldReading) => T): Promise<T> {
    return (await this.world()).read(look);
  }
}

function recordsOf(world: WorldReading, name: string): readonly WorldObject[] {
  return world
    .list(recordKind)
    .filter(({ properties }) => properties.name === name && ["A", "AAAA", "CNAME"].includes(String(properties.type)));
}

function contentOf(world: WorldReading, place: string): PropertyMap {
  return world.get(siteFaults.content, place)?.properties ?? {};
}

function contentAnswer(world: WorldReading, place: string, milliseconds: number) {
  const content = contentOf(world, place);
  const status = numberAt(content, "status") ?? 200;
  if (status === 0) return { status: undefined, problem: "connect ETIMEDOUT", bytes: 0, milliseconds };
  return { status, bytes: numberAt(content, "bytes") ?? 20_000, milliseconds };
}

/** Where a rule of the zone sends a name on. */
function redirectOf(world: WorldReading, host: string): string | undefined {
  const zone = zoneOfHost(world, host);
  const rules = world
    .list("cloudflare:index/ruleset:Ruleset")
    .filter(({ properties }) => properties.zoneId === zone?.id && properties.phase === "http_request_dynamic_redirect")
    .flatMap(({ properties }) => mapsAt(properties, "rules"));
  const rule = rules.find((one) => textAt(one, "expression")?.includes(`"${host}"`));
  const target = textAt(rule ?? {}, "actionParameters.fromValue.targetUrl.expression");
  return target === undefined ? undefined : /https:\/\/[^"]+/.exec(target)?.[0].concat("/");
}
