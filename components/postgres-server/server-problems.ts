import { type Problem, repeatedName } from "../../lib/located-yaml/problem";
import { namedEntry } from "../../lib/retirement";
import { isBurstable, type PostgresServerArgs } from "./postgres-server-args";
import { parameterProblems } from "./server-parameters";

/** Databases that every server has, and that belong to Azure. */
const reserved: readonly string[] = ["azure_maintenance", "azure_sys", "postgres", "template0", "template1"];

/** What an inventory can say of a server. */
type ServerEntry = Pick<PostgresServerArgs, "size" | "highAvailability" | "databases" | "parameters" | "extensions">;

/** What is wrong with a server's entry beyond the kind and range of each value: the schema reports it, at its line. */
export function entryProblems({
  size,
  highAvailability,
  databases,
  parameters,
  extensions,
}: ServerEntry): readonly Problem[] {
  const names = databases.map((entry) => namedEntry(entry).name);
  const burstable = `is not offered for the Burstable size "${size}"; use d2 or larger, or leave it out`;
  return [
    ...(isBurstable(size) && highAvailability !== undefined
      ? [{ path: ["highAvailability"], message: burstable }]
      : []),
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
export function placementProblems({
  size,
  administrators,
  replicas = [],
  maintenance,
}: PostgresServerArgs): readonly Problem[] {
  const problems: Problem[] = [];
  if (isBurstable(size) && replicas.length > 0) {
    const message = `are not offered for the Burstable size "${size}"; use d2 or larger, or leave them out`;
    problems.push({ path: ["replicas"], message });
  }
  if (administrators.length === 0) {
    problems.push({ path: ["administrators"], message: "is empty, so nobody could sign in; name at least one" });
  }
  const hour = maintenance?.hour;
  if (hour !== undefined && !(Number.isInteger(hour) && hour >= 0 && hour <= 23)) {
    problems.push({ path: ["maintenance", "hour"], message: `is ${hour}; give a whole number from 0 to 23` });
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
