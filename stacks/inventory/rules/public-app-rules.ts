import { servicesIn } from "../../../components/services/environment-schema";
import { didYouMean } from "../../../lib/closest-name";
import type { FileProblem, Path } from "../../../lib/located-yaml/problem";
import type { InventoryContents } from "../files";
import { vaultSecrets } from "./secret-rules";
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

/** The records that public apps bring. */
export function publicAppClaims(inventory: AppsInventory): readonly RecordClaim[] {
  return publicNames(inventory).flatMap(({ file, path, hostname }) => [
    { file, path, name: hostname, type: "CNAME", content: undefined },
    { file, path, name: `asuid.${hostname}`, type: "TXT", content: undefined },
  ]);
}

/** A public app has its names in zones of ours, and its environment a certificate to show the edge. */
export function publicAppsAreReached(
  inventory: AppsInventory & Pick<InventoryContents, "zones">,
): readonly FileProblem[] {
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

/** The certificate of an environment is a secret of its vault that holds one. */
export function certificatesAreSecrets(
  inventory: Pick<InventoryContents, "secrets" | "environments">,
): readonly FileProblem[] {
  return Object.entries(inventory.environments.environments).flatMap(([environment, { apps }]) => {
    if (apps?.certificate === undefined) return [];
    const held = vaultSecrets(inventory, environment);
    const secret = held.find(({ name }) => name === apps.certificate);
    if (secret?.certificate === true) return [];
    const hint = didYouMean(
      apps.certificate,
      held.map(({ name }) => name),
    );
    const message =
      secret === undefined
        ? `no secret "${apps.certificate}" in secrets.yaml for ${environment}${hint}`
        : `"${secret.name}" holds no certificate in secrets.yaml; say "certificate: true" there`;
    return [{ file: "environments.yaml", path: ["environments", environment, "apps", "certificate"], message }];
  });
}
