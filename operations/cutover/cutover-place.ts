import { urnName } from "../../deployment/display/urn-text";
import type { PagesPlace, SiteRecord } from "../../lib/site-record";
import type { OldPlace, SystemPages, SystemSite } from "../../stacks/system-sites";
import { type DeployedResource, readDeployedResources } from "../drift/deployment-state";

/** A site, and where it is at Cloudflare. */
export interface CutoverPlace extends PagesPlace, Omit<SystemPages, "zone"> {
  readonly domain: string;
  readonly state: SystemSite["state"];
  readonly url: string;
  /** Where its entry is. @example "stacks/alai/inventory/sites.yaml:41" */
  readonly line: string;
  /** @example "alai-getdrop-web.pages.dev" */
  readonly subdomain: string;
  readonly zoneId: string;
  /** Records of the stack, by id. */
  readonly ownRecords: ReadonlyMap<string, OwnRecord>;
}

interface OwnRecord {
  /** "this site", or what has it. */
  readonly owner: string;
  /** As it was deployed, in seconds. */
  readonly ttl: number;
}

/**
 * Where a site is, from its entry and the state of the stack that serves it.
 *
 * @returns what keeps it from being moved, where something does
 */
export function cutoverPlace(site: SystemSite, state: unknown): CutoverPlace | string {
  const line = site.place.replace(/:\d+$/, "");
  if (site.pages === undefined) return `${line}: ${site.domain} is ${site.state}; expected to-migrate or on-pages`;
  const { zone: zoneName, ...pages } = site.pages;
  const resources = readDeployedResources(state);
  const find = (type: string, name: string) =>
    resources.find((one) => one.type === `cloudflare:index/${type}` && urnName(one.urn) === name);
  const project = find("pagesProject:PagesProject", site.domain);
  const zone = resources.find((one) => one.type === "cloudflare:index/zone:Zone" && one.outputs.name === zoneName);
  if (project === undefined || zone === undefined)
    return `${line}: the ${project === undefined ? "Pages project" : "zone"} of ${site.domain} is not deployed yet`;
  const { domain } = site;
  const own = resources.filter(({ type, owned }) => owned && type === "cloudflare:index/dnsRecord:DnsRecord");
  return {
    ...{ ...pages, domain, state: site.state, line, url: `https://${domain}/`, zoneId: zone.id },
    accountId: textOf(project, "accountId"),
    project: textOf(project, "name"),
    subdomain: textOf(project, "subdomain"),
    ownRecords: new Map(
      own.map(({ id, urn, outputs }) => {
        const name = urnName(urn);
        const isOfSite = name === `${domain}-site` || name === `${domain}-www`;
        return [id, { owner: isOfSite ? "this site" : name, ttl: typeof outputs.ttl === "number" ? outputs.ttl : 0 }];
      }),
    ),
  };
}

function textOf({ outputs }: DeployedResource, property: string): string {
  const value = outputs[property];
  return typeof value === "string" ? value : "";
}

/** @example labelOf({ type: "A", content: "76.76.21.21" }) // "A 76.76.21.21" */
export function labelOf(old: OldPlace | undefined): string {
  return old === undefined ? "nothing" : `${old.type} ${old.content}`;
}

/**
 * The text of an inventory with another state of a site; comments and everything else stay.
 *
 * @param line of the entry's `state`, from 1
 */
export function withState(text: string, line: number, state: "on-pages" | "to-migrate"): string {
  const lines = text.split("\n");
  const old = lines[line - 1] ?? "";
  if (!/^\s+(- )?state: [a-z-]+\s*(#.*)?$/.test(old))
    throw new Error(`expected a line "state: …", got "${old.trim()}"`);
  return lines.with(line - 1, old.replace(/state: [a-z-]+/, `state: ${state}`)).join("\n");
}

/** What a run has found out and must not lose: how the site was before, which nobody can measure afterwards. */
export interface CutoverEvidence {
  readonly to: "pages" | "back";
  readonly startedAt: string;
  /** Of the place that served until then: milliseconds until the first byte. */
  readonly before: number | undefined;
  /** Records that no stack has, that stood where the program makes its own, and that are away. */
  readonly removed: readonly SiteRecord[];
  /** Since when the site has not answered; undefined while it does. */
  readonly downSince?: string | undefined;
  readonly downSeconds?: number;
  /** Whether it went on after an interruption, so that the downtime is the most that it can have been. */
  readonly resumed?: boolean;
  readonly endedAt?: string;
}

/** A row of the migration log. */
export interface Migration {
  readonly day: string;
  readonly domain: string;
  readonly from: string;
  readonly to: string;
  readonly downtime: string;
  readonly before: string;
  readonly after: string;
}

export function downtimeOf({ downSeconds, resumed = false }: CutoverEvidence): string {
  if (resumed && downSeconds === undefined) return "for a time that nobody measured: the run was interrupted";
  return `${resumed ? "at most " : ""}${Math.round(downSeconds ?? 0)} s`;
}

export function migrationOf(
  { domain, current }: CutoverPlace,
  back: boolean,
  evidence: CutoverEvidence,
  after: number | undefined,
): Migration {
  const old = labelOf(current);
  const [from, to] = back ? ["CF Pages", old] : [old, "CF Pages"];
  const time = (milliseconds: number | undefined) => (milliseconds === undefined ? "–" : `${milliseconds} ms`);
  return {
    ...{ day: evidence.startedAt.slice(0, 10), domain, from, to, downtime: downtimeOf(evidence) },
    ...{ before: time(evidence.before), after: time(after) },
  };
}

const logHead = `| Date | Domain | From | To | Downtime | TTFB before | TTFB after | Notes |
|-|-|-|-|-|-|-|-|`;

/**
 * The migration log, or the page that ends with it, with one row more. Its columns are those of the plan.
 *
 * @param text empty for a log that begins
 */
export function withMigration(text: string, migration: Migration): string {
  const { day, domain, from, to, downtime, before, after } = migration;
  const log = text === "" ? logHead : text.trimEnd();
  return `${log}\n| ${[day, domain, from, to, downtime, before, after].join(" | ")} | |\n`;
}
