import type { PagesSite, Site } from "../../components/static-site/schema";
import { sitePlan } from "../../components/static-site/site-plan";

/** The variant of our own sites that the development environment serves: the prefix of its names, the suffix of its projects. */
export const developmentVariant = "dev";

/** Whether the development environment has a copy of a site: of our own that has a Pages project. */
export function hasDevelopmentCopy(site: Site): site is PagesSite {
  return "owner" in site && site.owner === "own" && sitePlan(site, developmentVariant).pages !== undefined;
}
