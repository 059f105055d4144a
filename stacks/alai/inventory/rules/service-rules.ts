import type { PostgresInventory } from "../../../../components/postgres-server/schema";
import { didYouMean } from "../../../../lib/closest-name";
import { listed } from "../../../../lib/located-yaml/messages";
import type { FileProblem } from "../../../../lib/located-yaml/problem";
import { namedEntry } from "../../../../lib/retirement";
import type { InventoryContents } from "../files";
import { duplicates } from "./duplicates";

/** No service is there twice. */
export function servicesDiffer({ services }: Pick<InventoryContents, "services">): readonly FileProblem[] {
  const claims = services.services.map(({ name }, index) => ({ value: name, path: ["services", index, "name"] }));
  return duplicates({ file: "services.yaml", what: "services", claims });
}

/** A service's database exists in every environment. */
export function servicesHaveDatabases({
  services,
  environments,
}: Pick<InventoryContents, "services" | "environments">): readonly FileProblem[] {
  const environmentList = Object.entries(environments.environments);
  const names = (postgres: PostgresInventory) => postgres.databases.map((entry) => namedEntry(entry).name);
  return services.services.flatMap(({ databases }, index) =>
    (databases ?? []).flatMap((database, position) => {
      const without = environmentList.filter(([, { postgres }]) => !names(postgres).includes(database));
      if (without.length === 0) return [];
      const hint = didYouMean(
        database,
        without.flatMap(([, { postgres }]) => names(postgres)),
      );
      const those = listed(without.map(([environment]) => environment));
      const message = `no database "${database}" in environments.yaml for ${those}${hint}`;
      return [{ file: "services.yaml", path: ["services", index, "databases", position], message }];
    }),
  );
}

/** Databases are replicated to a container that exists and that may be compacted. */
export function replicasHaveAContainer({
  databases,
  backup,
}: Pick<InventoryContents, "databases" | "backup">): readonly FileProblem[] {
  const containers = Object.values(backup.stores).flatMap((store) => store.containers);
  const found = containers.find(({ name }) => name === databases.container);
  const problem = (message: string) => [{ file: "databases.yaml", path: ["container"], message }];
  if (found === undefined) {
    const hint = didYouMean(
      databases.container,
      containers.map(({ name }) => name),
    );
    return problem(`no container "${databases.container}" in backup.yaml${hint}`);
  }
  return found.holds === "litestream"
    ? []
    : problem(`"${found.name}" holds ${found.holds} in backup.yaml; Litestream needs one that holds litestream`);
}

/** A limit for a database that does not exist would never be noticed. */
export function quietDatabasesExist({
  backup,
  databases,
}: Pick<InventoryContents, "backup" | "databases">): readonly FileProblem[] {
  const names = databases.databases.map(({ name }) => name);
  return Object.keys(backup.restoreTest.quiet ?? {})
    .filter((name) => !names.includes(name))
    .map((name) => ({
      file: "backup.yaml",
      path: ["restoreTest", "quiet", name],
      message: `no database "${name}" in databases.yaml${didYouMean(name, names)}`,
    }));
}
