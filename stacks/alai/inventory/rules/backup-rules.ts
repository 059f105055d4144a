import { didYouMean } from "../../../../lib/closest-name";
import type { FileProblem } from "../../../../lib/located-yaml/problem";
import type { InventoryContents } from "../files";

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

/** What is copied is a container of the same store that Litestream writes, and the copies cannot be deleted for a while. */
export function copiesHaveAnOriginal({ backup }: Pick<InventoryContents, "backup">): readonly FileProblem[] {
  return Object.entries(backup.stores).flatMap(([environment, { containers }]) =>
    containers.flatMap((container, index) => {
      if (container.holds === "litestream" || container.copiesOf === undefined) return [];
      const { copiesOf, immutableDays } = container;
      const original = containers.find(({ name }) => name === copiesOf);
      const names = containers.filter(({ holds }) => holds === "litestream").map(({ name }) => name);
      const problem = (key: string, message: string): FileProblem[] => [
        { file: "backup.yaml", path: ["stores", environment, "containers", index, key], message },
      ];
      return [
        ...(original?.holds === "litestream"
          ? []
          : problem("copiesOf", `no container "${copiesOf}" that holds litestream here${didYouMean(copiesOf, names)}`)),
        ...(immutableDays === undefined
          ? problem("copiesOf", "copies need immutableDays: whoever deletes the originals would delete them too")
          : []),
      ];
    }),
  );
}
