import { type Problem, repeatedName } from "../../lib/located-yaml/problem";
import { namedEntry } from "../../lib/retirement";
import { isBurstable, type PostgresServerArgs } from "./postgres-server-args";
import { parameterProblems } from "./server-parameters";

/** Databases that every server has, and that belong to Azure. */
const reserved: readonly string[] = ["azure_maintenance", "azure_sys", "postgres", "template0", "template1"];

/** What an inventory can say of a server. */
type ServerEntry = Pick<
  PostgresServerArgs,
  "size" | "highAvailability" | "databases" | "parameters" | "extensions" | "pooler"
>;

/** What is wrong with a server's entry beyond the kind and range of each value: the schema reports it, at its line. */
export function entryProblems(entry: ServerEntry): readonly Problem[] {
  const { size, databases, parameters, extensions } = entry;
  const names = databases.map((database) => namedEntry(database).name);
  const message = `is not offered for the Burstable size "${size}"; use d2 or larger, or leave it out`;
  const notBurstable = (["highAvailability", "pooler"] as const).filter((field) => entry[field] !== undefined);
  return [
    ...(isBurstable(size) ? notBurstable.map((field) => ({ path: [field], message })) : []),
    ...parameterProblems(parameters ?? {}, extensions ?? []),
    ...duplicateProblems("databases", names),
    ...names.flatMap((database, index) =>
      reserved.includes(database)
        ? [{ path: ["databases", index], message: `"${database}" belongs to the server; choose another name` }]
        : [],
    ),
  ];
}

/** What is wrong with those of a server's arguments that no inventory says. */
export function placementProblems({ size, administrators, replicas = [] }: PostgresServerArgs): readonly Problem[] {
  const problems: Problem[] = [];
  if (isBurstable(size) && replicas.length > 0) {
    const message = `are not offered for the Burstable size "${size}"; use d2 or larger, or leave them out`;
    problems.push({ path: ["replicas"], message });
  }
  if (administrators.length === 0) {
    problems.push({ path: ["administrators"], message: "is empty, so nobody could sign in; name at least one" });
  }
  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
  return [
    ...problems,
    ...duplicateProblems("administrators", names(administrators)),
    ...duplicateProblems("replicas", names(replicas)),
  ];
}

function duplicateProblems(field: string, names: readonly string[]): readonly Problem[] {
  return names.flatMap((_name, index) => repeatedName(names, index, [field, index]));
}
