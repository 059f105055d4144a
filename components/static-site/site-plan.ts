import { leavingDay, type Retirement } from "../../lib/retirement";
import { today } from "../../lib/today";
import { cacheRule } from "../dns-zone/edge-rules";
import type { ZoneRule } from "../dns-zone/zone-rule";
import type { PagesSite, Site, SiteCaching, SiteTarget } from "./schema";

/** What a site's state asks for. */
export interface SitePlan {
  /** The name visitors use. */
  readonly domain: string;
  /** The Pages project, where there is to be one; `retired` where it is only kept until it is deleted. */
  readonly pages:
    | { readonly site: PagesSite; readonly project: string; readonly retired: Retirement | undefined }
    | undefined;
  /** Names that Pages answers for. */
  readonly servedBy: readonly string[];
  /** Where the name points while Pages does not serve it. */
  readonly target: SiteTarget | undefined;
}

/** Derives what is to be made from an inventory entry; `variant` makes the copy of another environment. */
export function sitePlan(site: Site, variant?: string): SitePlan {
  const domain = variant === undefined ? site.domain : `${variant}.${site.domain}`;
  const nothing = { domain, pages: undefined, servedBy: [], target: undefined };
  switch (site.state) {
    case "paused":
      return nothing;
    case "elsewhere":
      return { ...nothing, target: variant === undefined ? site.target : undefined };
    case "to-migrate":
      return variant === undefined
        ? { ...nothing, pages: pagesOf(site, variant), target: site.current }
        : // The copy has no visitors to disturb, so it is served at once.
          { ...nothing, pages: pagesOf(site, variant), servedBy: [domain] };
    case "on-pages":
      return { ...nothing, pages: pagesOf(site, variant), servedBy: servedNames(site, domain, variant) };
    case "retired":
      return {
        ...nothing,
        pages: today() < leavingDay(site.retired) ? pagesOf(site, variant) : undefined,
        target: variant === undefined ? site.target : undefined,
      };
  }
}

function pagesOf(site: PagesSite, variant: string | undefined): NonNullable<SitePlan["pages"]> {
  const live = site.project ?? site.repository.toLowerCase();
  const project = variant === undefined ? live : `${live}-${variant}`;
  return { site, project, retired: site.state === "retired" ? site.retired : undefined };
}

/** The zone in which a site has names; none of one that is paused, or that left and points nowhere. */
export function zoneOf(site: Site): string | undefined {
  const isNameless = site.state === "paused" || (site.state === "retired" && site.target === undefined);
  return isNameless ? undefined : site.zone;
}

function servedNames(site: PagesSite, domain: string, variant: string | undefined): string[] {
  return variant !== undefined || site.www === "none" ? [domain] : [domain, `www.${domain}`];
}

/** The redirects that a site contributes to its zone: see `DnsZoneArgs.rules`. */
export function siteRedirects(site: Site): ZoneRule[] {
  if (site.state !== "on-pages" || site.www === "none" || site.www === "serve") return [];
  const www = `www.${site.domain}`;
  const [from, to] = site.www === "redirect-to-apex" ? [www, site.domain] : [site.domain, www];
  return [
    { kind: "redirect", ref: `redirect-${from.replaceAll(".", "-")}`, description: `${from} goes to ${to}`, from, to },
  ];
}

/** What a zone's sites on Pages contribute to its cache rules: one for files and one for pages, however many they are. */
export function siteCacheRules(sites: readonly Site[], caching: SiteCaching | undefined): ZoneRule[] {
  const hosts = sites.flatMap((site) => sitePlan(site).servedBy);
  if (caching === undefined || hosts.length === 0) return [];
  return (["static", "html"] as const).map((files) =>
    cacheRule({
      ref: `sites-${files}`,
      description: `Sites on Pages: browsers keep ${files === "static" ? "files" : "pages"} for ${caching[files]}`,
      requests: { hosts, files },
      browser: caching[files],
    }),
  );
}

/** The addresses that the uptime check visits. */
export function monitoredUrls(sites: readonly Site[]): string[] {
  const isSeen = (site: Site) => site.state !== "retired" || site.target !== undefined;
  return sites.filter((site) => site.monitor && isSeen(site)).map((site) => `https://${site.domain}`);
}
