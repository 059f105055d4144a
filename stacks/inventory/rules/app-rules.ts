import { containerSize } from "../../../components/cache/schema";
import { hostOfRepository } from "../../../components/container-apps/container-image";
import { sizeProblems } from "../../../components/container-apps/profile";
import { cachesHaveNoPassword } from "../../../components/container-apps/scale";
import type { ServiceInventory } from "../../../components/container-apps/schema";
import { servicesIn } from "../../../components/services/environment-schema";
import { didYouMean } from "../../../lib/closest-name";
import type { FileProblem, Path } from "../../../lib/located-yaml/problem";
import type { InventoryContents } from "../files";
import { environmentsWithVault, secretNames, vaultSecrets } from "./secret-rules";
import type { RecordClaim } from "./zone-rules";

type AppsInventory = Pick<InventoryContents, "services" | "environments">;

/** A name of a public app in an environment, and where it is said. */
interface PublicName {
  readonly file: string;
  readonly path: Path;
  readonly environment: string;
  readonly hostname: string;
}

function publicNames({ services, environments }: AppsInventory): readonly PublicName[] {
  return Object.entries(environments.environments).flatMap(([environment, entry]) =>
    servicesIn(services.services, entry).flatMap((service, index) => {
      const isHere = entry.services?.[service.name]?.domains !== undefined;
      const place = isHere
        ? { file: "environments.yaml", path: ["environments", environment, "services", service.name, "domains"] }
        : { file: "services.yaml", path: ["services", index, "domains"] };
      const names = service.kind === "app" ? (service.domains ?? []) : [];
      return names.map((hostname, position) => ({
        ...{ file: place.file, path: [...place.path, position] },
        ...{ environment, hostname },
      }));
    }),
  );
}

/** The zones, by domain, in which the public apps and the buckets of an environment have their names. */
export function zonesOfPublicApps(
  inventory: AppsInventory & Pick<InventoryContents, "zones">,
  environment: string,
): readonly string[] {
  const hostnames = publicNames(inventory).flatMap((name) => (name.environment === environment ? [name.hostname] : []));
  const buckets = bucketNames(inventory).flatMap((name) => (name.environment === environment ? [name.hostname] : []));
  const zones = inventory.zones.zones.map(({ domain }) => domain);
  return zones.filter((domain) => [...hostnames, ...buckets].some((hostname) => hostname.endsWith(`.${domain}`)));
}

/** The names that visitors use of apps behind load balancers, by the names that the balancers ask the apps by. */
export function balancedNames({ zones: { zones } }: Pick<InventoryContents, "zones">): ReadonlyMap<string, string> {
  return new Map(balancerOrigins(zones).map(({ origin, hostname }) => [origin, hostname]));
}

function balancerOrigins(zones: InventoryContents["zones"]["zones"]) {
  return zones.flatMap(({ loadBalancers = [] }, zone) =>
    loadBalancers.flatMap(({ hostname, pools }, balancer) =>
      pools.flatMap(({ origins = [] }, pool) =>
        origins.map((origin, index) => {
          const path = ["zones", zone, "loadBalancers", balancer, "pools", pool, "origins", index];
          return { origin, hostname, path };
        }),
      ),
    ),
  );
}

/** What a balancer asks in a zone of ours is a public app: nothing else answers to the name. */
function balancersAskApps(inventory: AppsInventory & Pick<InventoryContents, "zones">): readonly FileProblem[] {
  const { zones } = inventory.zones;
  const names = publicNames(inventory).map(({ hostname }) => hostname);
  return balancerOrigins(zones).flatMap(({ origin, path }) => {
    if (names.includes(origin) || !zones.some(({ domain }) => origin.endsWith(`.${domain}`))) return [];
    const message = `no public app has the name "${origin}" in any environment${didYouMean(origin, names)}`;
    return [{ file: "zones.yaml", path, message }];
  });
}

/** The names by which everybody reads buckets. */
function bucketNames({ environments }: Pick<InventoryContents, "environments">): readonly PublicName[] {
  return Object.entries(environments.environments).flatMap(([environment, { buckets }]) =>
    (buckets?.buckets ?? []).flatMap(({ domain: hostname }, index) => {
      const path = ["environments", environment, "buckets", "buckets", index, "domain"];
      return hostname === undefined ? [] : [{ file: "environments.yaml", path, environment, hostname }];
    }),
  );
}

/** The records that public apps and buckets bring. */
export function publicAppClaims(inventory: AppsInventory): readonly RecordClaim[] {
  const buckets = bucketNames(inventory).map(({ file, path, hostname }) => ({
    ...{ file, path, name: hostname, type: "CNAME", content: undefined },
  }));
  const apps = publicNames(inventory).flatMap(({ file, path, hostname }) => [
    { file, path, name: hostname, type: "CNAME", content: undefined },
    { file, path, name: `asuid.${hostname}`, type: "TXT", content: undefined },
  ]);
  return [...apps, ...buckets];
}

/** A public app has its names in zones of ours, and its environment a certificate to show the edge. */
function publicAppsAreReached(inventory: AppsInventory & Pick<InventoryContents, "zones">): readonly FileProblem[] {
  const zones = inventory.zones.zones.map(({ domain }) => domain);
  return publicNames(inventory).flatMap(({ file, path, environment, hostname }) => {
    const hasZone = zones.some((domain) => hostname.endsWith(`.${domain}`));
    const hasCertificate = inventory.environments.environments[environment]?.apps?.certificate !== undefined;
    return [
      ...(hasZone ? [] : [{ file, path, message: `no zone of zones.yaml holds "${hostname}" below its own name` }]),
      ...(hasCertificate
        ? []
        : [{ file, path, message: `${environment} has no apps.certificate in environments.yaml to show the edge` }]),
    ];
  });
}

/** Buckets have their names in zones of ours, and none has that of a container of objects: services say both the same way. */
function bucketsAreApart({ environments, zones: { zones } }: Pick<InventoryContents, "environments" | "zones">) {
  const strangers = bucketNames({ environments }).flatMap(({ file, path, hostname }) =>
    zones.some(({ domain }) => hostname.endsWith(`.${domain}`))
      ? []
      : [{ file, path, message: `no zone of zones.yaml holds "${hostname}" below its own name` }],
  );
  const twice = Object.entries(environments.environments).flatMap(([environment, { buckets, objects }]) =>
    (buckets?.buckets ?? []).flatMap(({ name }, index) => {
      if (objects?.containers.some((container) => container.name === name) !== true) return [];
      const path = ["environments", environment, "buckets", "buckets", index, "name"];
      return [
        { file: "environments.yaml", path, message: `"${name}" is a container of objects, too; rename one of them` },
      ];
    }),
  );
  return [...strangers, ...twice];
}

/** The certificate of an environment is a secret of its vault that holds one, and so is the token that it is issued with. */
function certificatesAreSecrets(
  inventory: Pick<InventoryContents, "secrets" | "environments">,
): readonly FileProblem[] {
  return Object.entries(inventory.environments.environments).flatMap(([environment, { apps }]) => {
    const held = vaultSecrets(inventory, environment);
    const names = held.map(({ name }) => name);
    return Object.entries(apps?.certificate ?? {}).flatMap(([key, named]) => {
      const path = ["environments", environment, "apps", "certificate", key];
      const problem = (message: string) => [{ file: "environments.yaml", path, message }];
      const secret = held.find(({ name }) => name === named);
      if (secret === undefined)
        return problem(`no secret "${named}" in secrets.yaml for ${environment}${didYouMean(named, names)}`);
      const holdsOne = secret.certificate === true;
      if (holdsOne === (key === "secret")) return [];
      return holdsOne
        ? problem(`"${named}" holds a certificate in secrets.yaml; name the secret with the token here`)
        : problem(`"${named}" holds no certificate in secrets.yaml; say "certificate: true" there`);
    });
  });
}

/** What a service calls is another that can be called. */
function servicesCallWhatAnswers({
  services: { services },
}: Pick<InventoryContents, "services">): readonly FileProblem[] {
  const answering = services.filter(answers).map(({ name }) => name);
  return services.flatMap(({ name: caller, calls = [] }, index) =>
    calls.flatMap((name, position) => {
      if (name !== caller && answering.includes(name)) return [];
      const known = services.some((service) => service.name === name);
      const message =
        name === caller
          ? "the service calls itself; leave it out"
          : known
            ? `nobody can call "${name}": it has no ingress`
            : `no service "${name}" in services.yaml${didYouMean(name, answering)}`;
      return [{ file: "services.yaml", path: ["services", index, "calls", position], message }];
    }),
  );
}

function answers(service: ServiceInventory): boolean {
  return service.kind === "app" && service.ingress.exposure !== "none";
}

/** An app grows with a list of a cache that it uses, and that KEDA can sign in to. */
function listsAreOfContainers({ services, environments }: AppsInventory): readonly FileProblem[] {
  return Object.entries(environments.environments).flatMap(([environment, entry]) =>
    servicesIn(services.services, entry).flatMap((service, index) => {
      const name = service.kind === "app" ? service.scale?.list?.cache : undefined;
      if (name === undefined) return [];
      const isHere = entry.services?.[service.name]?.scale?.list !== undefined;
      const path = isHere ? ["environments", environment, "services", service.name] : ["services", index];
      const problem = (message: string) => [
        {
          file: isHere ? "environments.yaml" : "services.yaml",
          path: [...path, "scale", "list", "cache"],
          message,
        },
      ];
      if (service.caches?.includes(name) !== true)
        return problem(`the app does not use "${name}"; add it to caches, or scale by another list`);
      const cache = entry.caches?.find((one) => one.name === name);
      return cache === undefined || cache.size === containerSize
        ? []
        : problem(`in ${environment} "${name}" has the size ${cache.size}: ${cachesHaveNoPassword}`);
    }),
  );
}

/** The password of a cache that is a container is a secret of its environment. */
function passwordsAreSecrets(inventory: Pick<InventoryContents, "secrets" | "environments">): readonly FileProblem[] {
  return Object.entries(inventory.environments.environments).flatMap(([environment, { caches = [] }]) =>
    caches.flatMap(({ password }, index) => {
      const names = secretNames(inventory, environment);
      if (password === undefined || names.includes(password)) return [];
      const message = `no secret "${password}" in secrets.yaml for ${environment}${didYouMean(password, names)}`;
      return [{ file: "environments.yaml", path: ["environments", environment, "caches", index, "password"], message }];
    }),
  );
}

/** Images come from the environment's registry, or name another; who pulls from that is a secret. */
function imagesComeFromSomewhere(
  inventory: AppsInventory & Pick<InventoryContents, "secrets">,
): readonly FileProblem[] {
  const { services, environments } = inventory;
  return services.services.flatMap(({ name, repository, pull }, index) =>
    Object.entries(environments.environments).flatMap(([environment, { registry }]) => {
      const path = ["services", index];
      const hasHost = hostOfRepository(repository ?? name) !== undefined;
      if (!hasHost && registry === undefined) {
        const message = `${environment} has no registry in environments.yaml; say in repository where "${name}" comes from`;
        return [{ file: "services.yaml", path, message }];
      }
      const held = secretNames(inventory, environment);
      if (pull === undefined || held.includes(pull.token) || !environmentsWithVault(inventory).includes(environment))
        return [];
      const message = `no secret "${pull.token}" in secrets.yaml for ${environment}`;
      return [{ file: "services.yaml", path: [...path, "pull", "token"], message }];
    }),
  );
}

/** What a service asks for is what its environment's hardware has. */
function servicesFitTheirProfiles({ services, environments }: AppsInventory): readonly FileProblem[] {
  return Object.entries(environments.environments).flatMap(([environment, entry]) =>
    servicesIn(services.services, entry).flatMap((service, index) => {
      const here = entry.services?.[service.name];
      const isHere = here?.cpu !== undefined || here?.profile !== undefined || here?.memoryGib !== undefined;
      const file = isHere ? "environments.yaml" : "services.yaml";
      const path = isHere ? ["environments", environment, "services", service.name] : ["services", index];
      return sizeProblems(service, entry.apps?.profiles ?? {}).map((problem) => ({
        ...{ file, path: [...path, ...problem.path] },
        message: `in ${environment} ${problem.message}`,
      }));
    }),
  );
}

/** Of apps: who reaches them and how, what they call, what they grow with, where their images come from and what they run on. */
export const appRules = [
  publicAppsAreReached,
  certificatesAreSecrets,
  bucketsAreApart,
  balancersAskApps,
  servicesCallWhatAnswers,
  listsAreOfContainers,
  passwordsAreSecrets,
  imagesComeFromSomewhere,
  servicesFitTheirProfiles,
];
