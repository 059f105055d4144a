import type { PagesSite, Site, SiteTarget } from "../components/static-site/schema";
import { sitePlan } from "../components/static-site/site-plan";
import { placeOf } from "../lib/located-yaml/place";

/** The sites of a system. */
export interface SystemSites {
  /** The stack that has the names of visitors. */
  readonly stack: string;
  /** Below the project's directory. @example "stacks/alai/inventory" */
  readonly inventory: string;
  readonly sites: readonly SystemSite[];
}

/** A site as operations know it. */
export interface SystemSite {
  readonly domain: string;
  readonly state: Site["state"];
  /** Where its entry is, and in it the state. @example "stacks/alai/inventory/sites.yaml:38:5" */
  readonly place: string;
  readonly statePlace: string;
  /** What is at Pages, of a site that is served there or shall be. */
  readonly pages: SystemPages | undefined;
}

export interface SystemPages {
  readonly zone: string;
  readonly repository: string;
  readonly branch: string;
  readonly www: PagesSite["www"];
  /** All that Pages answers for once the site is there. */
  readonly names: readonly string[];
  /** Where the name points while Pages does not serve it; undefined where nobody says so. */
  readonly current: OldPlace | undefined;
}

/** Where a site was before. */
export interface OldPlace {
  readonly type: SiteTarget["type"];
  /** An address, or a name. */
  readonly content: string;
}

export function systemSite(site: Site): SystemSite {
  const { domain, state } = site;
  const place = placeOf(site);
  return {
    ...{ domain, state, place: place?.() ?? domain, statePlace: place?.(["state"]) ?? domain },
    pages: site.state === "on-pages" || site.state === "to-migrate" ? pagesOf(site) : undefined,
  };
}

function pagesOf(site: Extract<Site, { state: "on-pages" | "to-migrate" }>): SystemPages {
  const { zone, repository, branch, www, current } = site;
  const names = sitePlan({ ...site, state: "on-pages" }).servedBy;
  return { zone, repository, branch, www, names, current: current && oldPlaceOf(current) };
}

function oldPlaceOf(target: SiteTarget): OldPlace {
  return { type: target.type, content: target.type === "A" ? target.address : target.hostname };
}
