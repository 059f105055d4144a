import { monitoredUrls } from "../../../components/static-site/site-plan";
import type { AlaiInventory } from "./index";

/** What production's jobs beside its services are called, and when they run, in UTC. Rules of monitoring.yaml watch them by these names. */
export const programJobs = {
  /** Every five minutes, a job for each site. */
  uptime: { name: "uptime", schedule: "*/5 * * * *" },
  /** Sundays at 02:00 (hosting blueprint, "Backup Strategy"). */
  dnsExport: { name: "dns-export", schedule: "0 2 * * 0" },
  /** One for the repositories of repositories.yaml, and one for each that comes with a site. */
  gitMirror: { name: "git-mirror", schedule: "0 3 * * *" },
  restoreTest: { name: "restore-test", schedule: "20 4 * * *" },
  replicaCopies: { name: "replica-copies", schedule: "50 */6 * * *" },
} as const;

/** What production's apps beside its services are called. Rules of monitoring.yaml watch them by these names. */
export const programApps = {
  /** Between the tailnet and what is private. */
  router: "router",
} as const;

/** The logical names of the jobs that a name of {@link programJobs} stands for. */
export function jobsNamed(name: string, inventory: AlaiInventory): readonly string[] {
  switch (name) {
    case programJobs.uptime.name:
      return watchedSites(inventory).map(({ site }) => uptimeJob(site.domain));
    case programJobs.gitMirror.name:
      return [name, ...unlistedRepositories(inventory).map(mirrorJob)];
    default:
      return [name];
  }
}

export function uptimeJob(domain: string): string {
  return `${programJobs.uptime.name}-${domain}`;
}

export function mirrorJob(repository: string): string {
  return `${programJobs.gitMirror.name}-${repository}`;
}

/** The sites of which an address is visited. */
export function watchedSites({ sites }: Pick<AlaiInventory, "sites">) {
  return sites.sites.flatMap((site) => {
    const urls = monitoredUrls([site]);
    return urls.length === 0 ? [] : [{ site, urls }];
  });
}

/** Sites' repositories that `repositories.yaml` does not list. */
export function unlistedRepositories({
  repositories,
  sites,
}: Pick<AlaiInventory, "repositories" | "sites">): readonly string[] {
  const listed = new Set(repositories.repositories.map((entry) => entry.name.toLowerCase()));
  const names = sites.sites.flatMap((site) => ("repository" in site ? [site.repository] : []));
  return names.filter((name) => !listed.has(name.toLowerCase()));
}
