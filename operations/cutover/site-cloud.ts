import { lookup } from "node:dns";
import { request as requestHttp } from "node:http";
import { Agent, request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import { statusOf } from "../../lib/github/github-error";
import type { PagesPlace, SiteRecord } from "../../lib/site-record";
import { realClock, type WaitingClock } from "../../programs/host/failover/failover-step";
import { type CloudflareAccess, cloudflareClient } from "../drift/cloud-inventory";

/** What a visitor gets. */
export interface SiteAnswer {
  /** Undefined when nobody answered. */
  readonly status: number | undefined;
  /** Why nobody did. @example "certificate has expired" */
  readonly problem?: string;
  /** Of the body. */
  readonly bytes: number;
  /** Until the first byte, with name, connection and certificate. */
  readonly milliseconds: number;
  /** Where it sends on. */
  readonly location?: string | undefined;
}

/** What moving a site asks of Cloudflare, and of the site itself. */
export interface SiteCloud {
  readonly clock: WaitingClock;
  /** @example "active", "pending" */
  zoneStatus(zoneId: string): Promise<string>;
  /** The addresses and the CNAME of a name. */
  records(zoneId: string, name: string): Promise<readonly SiteRecord[]>;
  setTtl(zoneId: string, recordId: string, seconds: number): Promise<void>;
  deleteRecord(zoneId: string, recordId: string): Promise<void>;
  createRecord(zoneId: string, record: SiteRecord): Promise<void>;
  /** How the newest deployment to production ended; undefined when there is none. @example "success", "failure" */
  deploymentStatus(place: PagesPlace): Promise<string | undefined>;
  /** Whether Pages answers for a name, and what keeps it from that; undefined when it does not know the name. */
  domain(place: PagesPlace, name: string): Promise<{ readonly status: string; readonly problem?: string } | undefined>;
  /** Has Pages look at the name again. */
  retryValidation(place: PagesPlace, name: string): Promise<void>;
  /** @param at an address or a name that is asked in place of the URL's own; over a connection of its own */
  answer(url: string, at?: string): Promise<SiteAnswer>;
  /** Milliseconds until the first byte, the mean of four over an open connection; undefined when nobody answers. */
  warmMilliseconds(url: string): Promise<number | undefined>;
}

interface CloudflareSitesOptions {
  readonly cloudflare?: CloudflareAccess;
}

/** At Cloudflare, with a token for DNS and Pages of the account (Edit), and over the internet as a visitor comes. */
export class CloudflareSites implements SiteCloud {
  readonly clock = realClock;
  #opened: ReturnType<typeof cloudflareClient> | undefined;

  constructor(private readonly options: CloudflareSitesOptions = {}) {}

  async zoneStatus(zoneId: string): Promise<string> {
    return (await (await this.#api()).zones.get({ zone_id: zoneId })).status ?? "unknown";
  }

  async records(zoneId: string, name: string): Promise<readonly SiteRecord[]> {
    const found: SiteRecord[] = [];
    for await (const record of (await this.#api()).dns.records.list({ zone_id: zoneId, name: { exact: name } })) {
      const { id, type, ttl, proxied = false, modified_on } = record;
      if (!["A", "AAAA", "CNAME"].includes(type)) continue;
      const content = "content" in record && typeof record.content === "string" ? record.content : "";
      found.push({ id, name, type, content, ttl, proxied, changedAt: new Date(modified_on) });
    }
    return found;
  }

  /** Source: Cloudflare API reference, "Update DNS Record": a PATCH changes what it names. */
  async setTtl(zoneId: string, recordId: string, seconds: number): Promise<void> {
    await (await this.#api()).patch(`/zones/${zoneId}/dns_records/${recordId}`, { body: { ttl: seconds } });
  }

  async deleteRecord(zoneId: string, recordId: string): Promise<void> {
    await (await this.#api()).dns.records.delete(recordId, { zone_id: zoneId });
  }

  async createRecord(zoneId: string, { name, type, content, ttl, proxied }: SiteRecord): Promise<void> {
    await (await this.#api()).post(`/zones/${zoneId}/dns_records`, { body: { name, type, content, ttl, proxied } });
  }

  async deploymentStatus({ accountId, project }: PagesPlace): Promise<string | undefined> {
    const { deployments } = (await this.#api()).pages.projects;
    // Newest first.
    for await (const { latest_stage } of deployments.list(project, { account_id: accountId, env: "production" })) {
      return latest_stage.status;
    }
    return undefined;
  }

  async domain({ accountId, project }: PagesPlace, name: string) {
    const { domains } = (await this.#api()).pages.projects;
    try {
      const found = await domains.get(name, { account_id: accountId, project_name: project });
      const problem = found.verification_data.error_message ?? found.validation_data.error_message;
      return { status: found.status, ...(problem === undefined ? {} : { problem }) };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  /** Source: Cloudflare API reference, "Patch domain: Retry the validation status of a single domain". It takes Pages Write. */
  async retryValidation({ accountId, project }: PagesPlace, name: string): Promise<void> {
    await (await this.#api()).pages.projects.domains.edit(name, { account_id: accountId, project_name: project });
  }

  answer(url: string, at?: string): Promise<SiteAnswer> {
    return ask(url, at, false);
  }

  async warmMilliseconds(url: string): Promise<number | undefined> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      await ask(url, undefined, agent);
      const times: number[] = [];
      for (let left = warmRequests; left > 0; left -= 1) {
        const { status, milliseconds } = await ask(url, undefined, agent);
        if (status === undefined) return undefined;
        times.push(milliseconds);
      }
      return Math.round(times.reduce((sum, time) => sum + time, 0) / times.length);
    } finally {
      agent.destroy();
    }
  }

  #api() {
    this.#opened ??= cloudflareClient(this.options.cloudflare ?? {}, "zones and projects cannot be changed");
    return this.#opened;
  }
}

const warmRequests = 4;
const answerMilliseconds = 10_000;

/** As a browser: Browser Integrity Check refuses what names no browser, with error 1010 (rule INFRA-CF-001). */
const userAgent = "Mozilla/5.0 (compatible; cutover)";

function ask(url: string, at: string | undefined, agent: Agent | false): Promise<SiteAnswer> {
  const began = performance.now();
  const place = new URL(url);
  const options = {
    headers: { "user-agent": userAgent, "accept-encoding": "identity" },
    timeout: answerMilliseconds,
    ...(place.protocol === "https:" ? { agent } : {}),
    ...(at === undefined ? {} : { lookup: lookupOf(at) }),
  };
  return new Promise((resolve) => {
    const open = place.protocol === "https:" ? requestHttps : requestHttp;
    const since = () => Math.round(performance.now() - began);
    const failed = (error: Error) =>
      resolve({ status: undefined, problem: error.message, bytes: 0, milliseconds: since() });
    const sent = open(place, options, (response) => {
      const milliseconds = since();
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on("error", failed);
      response.on("end", () =>
        resolve({ status: response.statusCode, bytes, milliseconds, location: response.headers.location }),
      );
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer within ${answerMilliseconds / 1000} s`)));
    sent.on("error", failed);
    sent.end();
  });
}

/** Another place in the place of the name's own. */
function lookupOf(at: string): LookupFunction {
  return (_name, options, done) => lookup(at, options, done);
}
