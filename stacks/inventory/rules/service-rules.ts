import { serviceSchema } from "../../../components/container-apps/schema";
import { servicesIn } from "../../../components/services/environment-schema";
import { didYouMean } from "../../../lib/closest-name";
import { weeklyRuns } from "../../../lib/cron";
import { listed } from "../../../lib/located-yaml/messages";
import type { FileProblem, Path } from "../../../lib/located-yaml/problem";
import { checkAgainst } from "../../../lib/located-yaml/schema-problems";
import { type NamedEntry, namedEntry } from "../../../lib/retirement";
import { runningHours, runsAt } from "../../../lib/running-hours";
import type { InventoryContents } from "../files";
import { duplicates } from "./duplicates";
import { secretNames } from "./secret-rules";

/** No cache is there twice in an environment. */
export function cachesDiffer({ environments }: Pick<InventoryContents, "environments">): readonly FileProblem[] {
  return Object.entries(environments.environments).flatMap(([environment, { caches = [] }]) => {
    const path = ["environments", environment, "caches"];
    const claims = caches.map(({ name }, index) => ({ value: name, path: [...path, index, "name"] }));
    return duplicates({ file: "environments.yaml", what: "caches", claims });
  });
}

/** No service is there twice. */
export function servicesDiffer({ services }: Pick<InventoryContents, "services">): readonly FileProblem[] {
  const claims = services.services.map(({ name }, index) => ({ value: name, path: ["services", index, "name"] }));
  return duplicates({ file: "services.yaml", what: "services", claims });
}

/** The order of releases is one of services that there are. */
export function releasesNameServices({ services }: Pick<InventoryContents, "services">): readonly FileProblem[] {
  const known = services.services.map(({ name }) => name);
  const order = (services.release?.order ?? []).map((value, index) => ({ value, path: ["release", "order", index] }));
  return [
    ...order.flatMap(({ value, path }) =>
      known.includes(value)
        ? []
        : [{ file: "services.yaml", path, message: `no service "${value}" is listed${didYouMean(value, known)}` }],
    ),
    ...duplicates({ file: "services.yaml", what: "places in the order", claims: order }),
  ];
}

type Environment = InventoryContents["environments"]["environments"][string];

/** What services use, and what an environment has of it. */
const used = {
  database: ({ postgres }: Environment) => postgres.databases,
  cache: ({ caches }: Environment) => caches ?? [],
  container: ({ objects, buckets }: Environment) => [...(objects?.containers ?? []), ...(buckets?.buckets ?? [])],
  queue: ({ queues }: Environment) => queues?.queues ?? [],
} as const satisfies Record<string, (environment: Environment) => readonly NamedEntry[]>;

/** What an environment has of a kind that services use. */
export function entriesOf(kind: ServiceUse["kind"], environment: Environment): readonly NamedEntry[] {
  return used[kind](environment);
}

/** A name in a service's entry of something that it uses. */
export interface ServiceUse {
  readonly kind: keyof typeof used;
  readonly name: string;
  readonly path: Path;
  readonly at?: "key";
}

/** Everything of an environment that services use: databases, caches, containers of objects and queues. */
export function usesOf({ services }: InventoryContents["services"]): readonly ServiceUse[] {
  return services.flatMap((service, index) => {
    const all = (key: "databases" | "caches" | "sends" | "receives", kind: ServiceUse["kind"]) =>
      (service[key] ?? []).map((name, position) => ({ kind, name, path: ["services", index, key, position] }));
    const objects = Object.keys(service.objects ?? {}).map(
      (name) => ({ kind: "container", name, path: ["services", index, "objects", name], at: "key" }) as const,
    );
    return [
      ...all("databases", "database"),
      ...all("caches", "cache"),
      ...all("sends", "queue"),
      ...all("receives", "queue"),
      ...objects,
    ];
  });
}

/** What a service uses exists in every environment. */
export function servicesHaveWhatTheyUse({
  services,
  environments,
}: Pick<InventoryContents, "services" | "environments">): readonly FileProblem[] {
  const environmentList = Object.entries(environments.environments);
  const names = (kind: ServiceUse["kind"], environment: Environment) =>
    entriesOf(kind, environment).map((entry) => namedEntry(entry).name);
  return usesOf(services).flatMap(({ kind, name, ...place }) => {
    const without = environmentList.filter(([, environment]) => !names(kind, environment).includes(name));
    if (without.length === 0) return [];
    const hint = didYouMean(
      name,
      without.flatMap(([, environment]) => names(kind, environment)),
    );
    const those = listed(without.map(([environment]) => environment));
    return [
      { file: "services.yaml", ...place, message: `no ${kind} "${name}" in environments.yaml for ${those}${hint}` },
    ];
  });
}

/** What is copied of a bucket lies in a container of objects, which nothing else writes into. */
export function copiesHaveTheirPlaces({
  services,
  environments,
}: Pick<InventoryContents, "services" | "environments">): readonly FileProblem[] {
  const used = new Set(usesOf(services).flatMap(({ kind, name }) => (kind === "container" ? [name] : [])));
  return Object.entries(environments.environments).flatMap(([environment, { buckets, objects, dumps }]) => {
    const containers = (objects?.containers ?? []).map(({ name }) => name);
    const taken = new Set(dumps === undefined ? used : [...used, dumps.to]);
    return (buckets?.buckets ?? []).flatMap(({ copy }, index) => {
      if (copy === undefined) return [];
      const { to } = copy;
      const path = ["environments", environment, "buckets", "buckets", index, "copy", "to"];
      const problem = (message: string) => [{ file: "environments.yaml", path, message }];
      if (!containers.includes(to))
        return problem(`no container of objects "${to}" in ${environment}${didYouMean(to, containers)}`);
      if (taken.has(to)) return problem(`"${to}" holds other things, too; give the copy a container of its own`);
      taken.add(to);
      return [];
    });
  });
}

/** Dumps have a place in their environment, and a database to be restored into that nobody else uses. */
export function dumpsHaveTheirPlaces({
  services,
  environments,
  secrets,
}: Pick<InventoryContents, "services" | "environments" | "secrets">): readonly FileProblem[] {
  const usedByServices = usesOf(services).flatMap(({ kind, name }) => (kind === "database" ? [name] : []));
  return Object.entries(environments.environments).flatMap(([environment, entry]) => {
    const { dumps } = entry;
    if (dumps === undefined) return [];
    const problem = (key: "to" | "key" | "restoreInto", message: string) => [
      { file: "environments.yaml", path: ["environments", environment, "dumps", key], message },
    ];
    const names = (kind: ServiceUse["kind"]) => entriesOf(kind, entry).map((each) => namedEntry(each).name);
    const [places, databases] = [names("container"), names("database")];
    const { to, key, restoreInto } = dumps;
    const held = secretNames({ secrets }, environment);
    const isInBucket = entry.buckets?.buckets.some(({ name }) => name === to) === true;
    return [
      ...(isInBucket && key === undefined
        ? problem(
            "to",
            `"${to}" is a bucket, whose token is in the state; give a key, so that nobody reads the dumps with it`,
          )
        : []),
      ...(key === undefined || held.includes(key)
        ? []
        : problem("key", `no secret "${key}" in secrets.yaml for ${environment}${didYouMean(key, held)}`)),
      ...(places.includes(to)
        ? []
        : problem("to", `no bucket or container of objects "${to}" in ${environment}${didYouMean(to, places)}`)),
      ...(databases.includes(restoreInto)
        ? []
        : problem("restoreInto", `no database "${restoreInto}" in ${environment}; add it to postgres.databases`)),
      ...(usedByServices.includes(restoreInto)
        ? problem(
            "restoreInto",
            `services use "${restoreInto}", and a test deletes what is in it; name a database of its own`,
          )
        : []),
    ];
  });
}

/** What an environment says of a service is of one that exists, and makes one that its schema allows. */
export function settingsFitServices({
  services,
  environments,
}: Pick<InventoryContents, "services" | "environments">): readonly FileProblem[] {
  const file = "environments.yaml";
  const known = services.services.map(({ name }) => name);
  return Object.entries(environments.environments).flatMap(([environment, entry]) => {
    const path = ["environments", environment, "services"];
    const strangers = Object.keys(entry.services ?? {}).filter((name) => !known.includes(name));
    const changed = servicesIn(services.services, entry).filter(({ name }) => entry.services?.[name] !== undefined);
    return [
      ...strangers.map((name): FileProblem => {
        const message = `no service "${name}" in services.yaml${didYouMean(name, known)}`;
        return { file, path: [...path, name], message, at: "key" };
      }),
      ...changed.flatMap((service) => {
        const checked = checkAgainst(serviceSchema, service);
        if (checked.kind === "valid") return [];
        return checked.problems.map((problem) => ({
          file,
          ...problem,
          path: [...path, service.name, ...problem.path],
        }));
      }),
    ];
  });
}

/** An app that grows with a queue receives from it: only then may it see how many messages wait. */
export function appsReceiveWhatTheyGrowWith({ services }: Pick<InventoryContents, "services">): readonly FileProblem[] {
  return services.services.flatMap((service, index) => {
    const name = service.kind === "app" ? service.scale?.queue?.name : undefined;
    if (name === undefined || service.receives?.includes(name)) return [];
    const message = `the app does not receive from "${name}"; add it to receives, or scale by another queue`;
    return [{ file: "services.yaml", path: ["services", index, "scale", "queue", "name"], message }];
  });
}

/** Where the database is stopped at night, no job of a service that uses one runs then. */
export function jobsRunWhileDatabasesDo({
  services,
  environments,
}: Pick<InventoryContents, "services" | "environments">): readonly FileProblem[] {
  return Object.entries(environments.environments).flatMap(([environment, entry]) => {
    if (entry.postgres.nights !== "off") return [];
    const late = servicesIn(services.services, entry).filter(
      (service) => service.kind === "job" && (service.databases ?? []).length > 0 && runsAtNight(service.schedule),
    );
    return late.map(({ name }) => ({
      file: "environments.yaml",
      path: ["environments", environment],
      message: `${name} uses a database and runs while that is stopped; take nights: off out of postgres, or run it on weekdays between ${runningHours.start}:00 and ${runningHours.stop}:00 UTC`,
    }));
  });
}

/** What names days of a month may come on any. */
function runsAtNight(schedule: string | undefined): boolean {
  if (schedule === undefined) return false;
  const sunday = Date.UTC(2026, 0, 4);
  const runs = weeklyRuns(schedule);
  return runs === undefined || runs.some((minute) => !runsAt(new Date(sunday + minute * 60_000), runningHours));
}
