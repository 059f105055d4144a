import type { PagesProjectArgs } from "@pulumi/cloudflare/pagesProject";
import { frameworkBuild } from "./framework";
import type { PagesSite } from "./schema";

/** The version of the Workers runtime that a site's functions see; a newer date can change behaviour. */
const compatibilityDate = "2026-01-01";

/** Version 3: Ubuntu 22.04, Node 22. */
const buildImageMajorVersion = 3;

/**
 * The arguments of a Pages project. Both environments and the build are always stated: what is left out drifts, because Cloudflare
 * fills it in.
 */
export function pagesProjectArgs(accountId: string, project: string, site: PagesSite): PagesProjectArgs {
  const build = frameworkBuild(site.framework);
  const environment = () => ({
    compatibilityDate,
    buildImageMajorVersion,
    alwaysUseLatestCompatibilityDate: false,
    failOpen: true,
    usageModel: "standard",
  });
  return {
    accountId,
    name: project,
    productionBranch: site.branch,
    buildConfig: {
      buildCaching: false,
      buildCommand: build.command ?? "",
      destinationDir: build.outputDirectory,
      rootDir: "",
    },
    deploymentConfigs: { preview: environment(), production: environment() },
  };
}
