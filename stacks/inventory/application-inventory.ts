import { join } from "node:path";
import { hostOfRepository } from "../../components/container-apps/container-image";
import { rotation, rotationDaysOf } from "../../components/key-vault/schema";
import { dumpJobNames } from "../../components/postgres-server/schema";
import { type Inventory, loadInventory } from "../../lib/located-yaml/load-inventory";
import { readYaml } from "../../lib/located-yaml/read-yaml";
import { removeDeparted } from "../../lib/retirement";
import { stackDefinition } from "../registry";
import { inventoryFiles } from "./files";
import { sharedRules } from "./rules/shared-rules";
import { recordsOfZonesDoNotClash } from "./rules/zone-rules";

const { environments, monitoring, network, secrets, services, zones } = inventoryFiles;
const files = { environments, monitoring, network, secrets, services, zones } as const;

/** The inventory of a system that is services, what they use, and the zones they are reached by. */
export type ApplicationInventory = Inventory<typeof files>;

/**
 * Such a system's inventory. What is retired is in it until its days are over.
 *
 * @param directory where the files are
 * @param block the addresses that the system's networks may have
 * @throws {LocatedError} with every problem in them
 */
export function loadApplicationInventory(directory: string, block: string): ApplicationInventory {
  const rules = [...sharedRules(block), recordsOfZonesDoNotClash];
  const inventory = loadInventory({ files, rules, directory });
  removeDeparted(inventory);
  return inventory;
}

/**
 * The services of any system and how they are released, without the rest of its inventory.
 *
 * @param system its directory below `stacks/`
 * @throws {LocatedError} with everything that is wrong in the file
 */
export function loadServices(system: string): ApplicationInventory["services"] {
  const file = join(__dirname, "..", system, "inventory", services.name);
  return readYaml({ file, schema: services.schema, of: `the services of ${system}` });
}

/** Who sets a secret, and how often. */
export interface SecretOwner {
  readonly name: string;
  /** The team. */
  readonly owner: string;
  /** Days in which it is rotated. */
  readonly rotationDays: number;
  /** A job makes it: a certificate with its key. */
  readonly certificate: boolean;
  /** Older versions stay of use. */
  readonly keepsVersions: boolean;
}

/** Days in which a secret is rotated of which no inventory says more, as those of pipelines. */
export const usualRotationDays: number = rotation.usual;

/**
 * Who sets the secrets of a stack's vault, as the inventory of its system says, without the rest of it.
 *
 * @throws {LocatedError} with everything that is wrong in the file
 */
export function loadSecretOwners(stack: string): readonly SecretOwner[] {
  const { system, environment } = stackDefinition(stack);
  const file = join(__dirname, "..", system, "inventory", secrets.name);
  return readYaml({ file, schema: secrets.schema, of: `the secrets of ${system}` })
    .secrets.filter(({ environments }) => environments.includes(environment))
    .map((entry) => {
      const { name, owner, certificate = false, keepsVersions = false } = entry;
      return { name, owner, rotationDays: rotationDaysOf(entry), certificate, keepsVersions };
    });
}

/** The job that dumps an environment's databases before a migration, by its name in the stack; where `dumps.beforeMigrations` asks for it. */
export const snapshotJob = dumpJobNames.beforeMigrations;

/**
 * The image that a digest is of a service.
 *
 * @param registry where images are that name no other. @example "latticeforgeprod.azurecr.io"
 */
export function imageOf(
  { name, repository = name }: ApplicationInventory["services"]["services"][number],
  digest: string,
  registry: string,
): string {
  return `${hostOfRepository(repository) === undefined ? `${registry}/` : ""}${repository}@${digest}`;
}
