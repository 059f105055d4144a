import type { PagesSite, Site } from "../../components/static-site/schema";

/** The variant of our own sites that the development environment serves: the prefix of its names, the suffix of its projects. */
export const developmentVariant = "dev";

/** Whether the development environment has a copy of a site: of our own that Pages serves or will serve. */
export function hasDevelopmentCopy(site: Site): site is PagesSite {
  return (site.state === "on-pages" || site.state === "to-migrate") && site.owner === "own";
}
