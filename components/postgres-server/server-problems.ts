import { didYouMean } from "../../lib/closest-name";
import { type Problem, repeatedName } from "../../lib/located-yaml/problem";
import { namedEntry } from "../../lib/retirement";
import { isProduction } from "../context/stack-context";
import { isBurstable, keepsUp, type PostgresServerArgs, type ServerSize, serverSizes } from "./postgres-server-args";
import { parameterProblems } from "./server-parameters";

/** Databases that every server has, and that belong to Azure. */
const reserved: readonly string[] = ["azure_maintenance", "azure_sys", "postgres", "template0", "template1"];

/** What an inventory can say of a server. */
type ServerEntry = Pick<
  PostgresServerArgs,
  | "size"
  | "highAvailability"
  | "databases"
  | "parameters"
  | "extensions"
  | "pooler"
  | "replicas"
  | "reader"
  | "key"
  | "nights"
  | "geoRedundantBackup"
  | "restored"
  | "server"
  | "former"
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
    ...replicaProblems(entry),
    ...keyProblems(entry),
    ...nightsAlone(entry),
    ...restoredProblems(entry),
    ...placeProblems(entry),
    ...duplicateProblems("databases", names),
    ...names.flatMap((database, index) =>
      reserved.includes(database)
        ? [{ path: ["databases", index], message: `"${database}" belongs to the server; choose another name` }]
        : [],
    ),
  ];
}

/** Only the environment's server is stopped: another one would run and be reckoned as stopped. */
function nightsAlone({ nights, ...entry }: ServerEntry): readonly Problem[] {
  const message = "does not go with nights: off, which stops one server; leave one of them out";
  const beside = (["highAvailability", "replicas", "restored", "former"] as const).filter(
    (field) => nights !== undefined && (entry[field]?.length ?? 0) > 0,
  );
  return beside.map((field) => ({ path: [field], message }));
}

/** What is wrong with stopping a server in an environment; empty when nothing is. */
export function nightProblems(environment: string, { nights }: Pick<ServerEntry, "nights">): readonly Problem[] {
  const message = `${environment} is production, which runs at night; leave it out`;
  return nights === "off" && isProduction({ environment }) ? [{ path: ["nights"], message }] : [];
}

function replicaProblems({ size, replicas = [], reader }: ServerEntry): readonly Problem[] {
  const names = replicas.map(({ name }) => name);
  const burstable = `are not offered for the Burstable size "${size}"; use d2 or larger, or leave them out`;
  return [
    ...(isBurstable(size) && replicas.length > 0 ? [{ path: ["replicas"], message: burstable }] : []),
    ...duplicateProblems("replicas", names),
    ...replicas.flatMap(({ size: own }, index) =>
      own === undefined || isBurstable(size) || keepsUp(own, size)
        ? []
        : [{ path: ["replicas", index, "size"], message: tooSmall(own, size) }],
    ),
    ...(reader === undefined || names.includes(reader)
      ? []
      : [{ path: ["reader"], message: `"${reader}" is none of the replicas; they are ${names.join(", ") || "none"}` }]),
  ];
}

/** What is said of a replica that is smaller than its source. */
export function tooSmall(replica: ServerSize, source: ServerSize): string {
  return `"${replica}" does not keep up with the server's "${source}"; take a size that is not Burstable, with at least ${serverSizes[source].cores} vCPU`;
}

/** A second copy would need a vault, a key and an identity in the paired region. Source: Azure documentation, "Data encryption". */
function keyProblems({ key, geoRedundantBackup }: ServerEntry): readonly Problem[] {
  if (key === undefined || geoRedundantBackup === false) return [];
  const message = "needs geoRedundantBackup: false, for which a replica in another region stands in";
  return [{ path: ["key"], message }];
}

/**
 * What a restored server is made without comes out first; of several, one serves, and none that leaves. One that serves says what it
 * holds: a database that is added later is made on it, and Azure refuses to make one that came with the backup.
 */
function restoredProblems(entry: ServerEntry): readonly Problem[] {
  const { restored = [] } = entry;
  const names = entry.databases.map((database) => namedEntry(database).name);
  const alone = (["highAvailability", "replicas", "reader", "key"] as const).filter(
    (field) => restored.length > 0 && entry[field] !== undefined,
  );
  const serving = restored.flatMap(({ serves }, index) => (serves === true ? [index] : []));
  return [
    ...alone.map((field) => ({ path: ["restored"], message: `does not go with ${field}: docs/decisions/0053` })),
    ...duplicateProblems(
      "restored",
      restored.map(({ name }) => name),
    ),
    ...serving
      .slice(1)
      .map((index) => ({ path: ["restored", index, "serves"], message: "is said of two; one serves" })),
    ...serving
      .filter((index) => restored[index]?.retired !== undefined)
      .map((index) => ({ path: ["restored", index, "retired"], message: "is said of the one that serves; it stays" })),
    ...serving
      .filter((index) => restored[index]?.holds === undefined)
      .map((index) => {
        const message = `is missing: the databases that came with the backup, for example [${names.join(", ")}]; what is added later is made on it`;
        return { path: ["restored", index, "holds"], message };
      }),
    ...restored.flatMap(({ holds = [] }, index) =>
      holds.flatMap((database, at) =>
        names.includes(database)
          ? []
          : [
              {
                path: ["restored", index, "holds", at],
                message: `the server has no database "${database}"${didYouMean(database, names)}`,
              },
            ],
      ),
    ),
  ];
}

/** The name of an environment's server in the program, before another one takes its place. */
const firstServer = "postgres";

/** A server has one place: it is the environment's, a former one, or a restored one beside it. */
function placeProblems({ server = firstServer, former = [], restored = [] }: ServerEntry): readonly Problem[] {
  const names = former.map(({ name }) => name);
  const place = (name: string) =>
    name === server ? "the environment's server" : names.includes(name) ? "among the former ones" : undefined;
  return [
    ...duplicateProblems("former", names),
    ...names.flatMap((name, index) =>
      name === server
        ? [{ path: ["former", index], message: `${name} is the environment's server; say in server what replaces it` }]
        : [],
    ),
    ...restored.flatMap(({ name }, index) => {
      const is = place(`${firstServer}-${name}`);
      const message = `${firstServer}-${name} is ${is} already; take the entry out, or give it another name`;
      return is === undefined ? [] : [{ path: ["restored", index], message }];
    }),
  ];
}

/** What is wrong with those of a server's arguments that no inventory says. */
export function placementProblems({ administrators, key, ownKey }: PostgresServerArgs): readonly Problem[] {
  const problems: Problem[] = [];
  if (administrators.length === 0) {
    problems.push({ path: ["administrators"], message: "is empty, so nobody could sign in; name at least one" });
  }
  if ((key === undefined) !== (ownKey === undefined)) {
    problems.push({ path: ["key"], message: "and ownKey are given together; give both, or leave both out" });
  }
  const names = administrators.map(({ name }) => name);
  return [...problems, ...duplicateProblems("administrators", names)];
}

function duplicateProblems(field: string, names: readonly string[]): readonly Problem[] {
  return names.flatMap((_name, index) => repeatedName(names, index, [field, index]));
}
