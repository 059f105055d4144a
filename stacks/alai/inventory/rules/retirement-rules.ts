import { zoneOf } from "../../../../components/static-site/site-plan";
import type { FileProblem, Path } from "../../../../lib/located-yaml/problem";
import { leavingDay, type NamedEntry, namedEntry } from "../../../../lib/retirement";
import type { InventoryContents } from "../../../inventory/files";
import { entriesOf, usesOf } from "../../../inventory/rules/service-rules";
import { hostClientSecret, programSecrets } from "./secret-rules";

/** Containers of production's store that its jobs and its watcher write to. */
export const programContainers = {
  dnsExport: "dns-exports",
  gitMirror: "system-git-bundles",
  heartbeat: "heartbeat",
  uptime: "uptime",
} as const;

/** Something that is named where it is used. */
interface Use {
  readonly file: string;
  readonly path: Path;
  readonly name: string;
  readonly at?: "key";
  /** What is meant is one of these. */
  readonly among: readonly NamedEntry[];
  /** Where those stand. */
  readonly of: string;
}

/** Nothing is retired that something uses: on its day it would be missing. */
export function nothingUsesWhatLeaves(inventory: InventoryContents): readonly FileProblem[] {
  const uses = [
    ...servicesUse(inventory),
    ...sitesUse(inventory),
    ...storesUse(inventory),
    ...programsUse(inventory),
    ...repositoriesUsed(inventory),
  ];
  return uses.flatMap(({ among, of, name, ...place }) => {
    const retired = among.map(namedEntry).find((entry) => entry.name === name)?.retired;
    if (retired === undefined) return [];
    const message = `"${name}" is retired in ${of} and leaves on ${leavingDay(retired)}; use another here, or take its retirement back`;
    return [{ ...place, message }];
  });
}

function servicesUse({ services, secrets, environments }: InventoryContents): readonly Use[] {
  const file = "services.yaml";
  const all = Object.values(environments.environments);
  const ofEnvironments = usesOf(services).map(({ kind, ...use }) => {
    const among = all.flatMap((environment) => entriesOf(kind, environment));
    return { file, ...use, among, of: "environments.yaml" };
  });
  const ofVaults = services.services.flatMap((service, index) =>
    Object.entries(service.secrets ?? {}).map(([variable, { secret }]) => {
      const path = ["services", index, "secrets", variable, "secret"];
      return { file, path, name: secret, among: secrets.secrets, of: "secrets.yaml" };
    }),
  );
  return [...ofEnvironments, ...ofVaults];
}

function sitesUse({ sites, zones, tailnet }: InventoryContents): readonly Use[] {
  const use = { among: zones.zones.map(({ domain, ...rest }) => ({ name: domain, ...rest })), of: "zones.yaml" };
  const ofSites = sites.sites.flatMap((site, index) => {
    const name = zoneOf(site);
    return name === undefined ? [] : [{ ...use, file: "sites.yaml", path: ["sites", index, "zone"], name }];
  });
  const { zone } = tailnet.failoverName;
  return [...ofSites, { ...use, file: "tailnet.yaml", path: ["failoverName", "zone"], name: zone }];
}

function storesUse({ backup, databases, hosts }: InventoryContents): readonly Use[] {
  const inStore = (environment: string) => ({ among: backup.stores[environment]?.containers ?? [], of: "backup.yaml" });
  const copies = Object.entries(backup.stores).flatMap(([environment, { containers }]) =>
    containers.flatMap((container, index) => {
      if (container.holds === "litestream" || container.copiesOf === undefined) return [];
      const path = ["stores", environment, "containers", index, "copiesOf"];
      return [{ ...inStore(environment), file: "backup.yaml", path, name: container.copiesOf }];
    }),
  );
  const { container } = hosts.software.lease;
  return [
    ...copies,
    { ...inStore("prod"), file: "databases.yaml", path: ["container"], name: databases.container },
    { ...inStore("prod"), file: "hosts.yaml", path: ["software", "lease", "container"], name: container },
  ];
}

/** What the program names by itself is refused at the entry. */
function programsUse({ backup, secrets, hosts }: InventoryContents): readonly Use[] {
  const containers = backup.stores.prod?.containers ?? [];
  const named: readonly string[] = Object.values(programContainers);
  const readers = hosts.hosts.filter(({ home }) => home !== undefined).map(({ name }) => hostClientSecret(name));
  const read: readonly string[] = [...Object.values(programSecrets), ...readers];
  return [
    ...containers.flatMap((entry, index) => {
      const path = ["stores", "prod", "containers", index];
      return named.includes(entry.name)
        ? [{ file: "backup.yaml", path, name: entry.name, among: containers, of: "backup.yaml" }]
        : [];
    }),
    ...secrets.secrets.flatMap(({ name }, index) =>
      read.includes(name)
        ? [{ file: "secrets.yaml", path: ["secrets", index], name, among: secrets.secrets, of: "secrets.yaml" }]
        : [],
    ),
  ];
}

/** A site's repository stays as long as its entry is there, also one that is retired: it would be made once more. */
function repositoriesUsed({ repositories, sites, pipelines, heartbeat }: InventoryContents): readonly Use[] {
  const use = { among: repositories.repositories, of: "repositories.yaml" };
  return [
    ...sites.sites.flatMap((site, index) =>
      "repository" in site
        ? [{ ...use, file: "sites.yaml", path: ["sites", index, "repository"], name: site.repository }]
        : [],
    ),
    { ...use, file: "pipelines.yaml", path: ["repository"], name: pipelines.repository },
    { ...use, file: "heartbeat.yaml", path: ["heartbeat", "repository"], name: heartbeat.heartbeat.repository },
  ];
}
