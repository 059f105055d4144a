import { didYouMean } from "../../lib/closest-name";
import type { Problem } from "../../lib/located-yaml/problem";
import { postgresParameter, postgresParameterNames, refusedPart } from "../../lib/postgres-parameters";
import type { Pooler, PostgresServerArgs } from "./postgres-server-args";

/**
 * Parameters every server gets: encrypted connections only, and a log of who connected, what changed and what was slow to write.
 * Source: policy benchmark rows 35–41 (CIS Microsoft Azure Foundations 3.0, 5.2.1–5.2.7; Azure Policy built-ins for pgaudit).
 */
export const defaultParameters: Readonly<Record<string, string>> = {
  "connection_throttle.enable": "on",
  log_checkpoints: "on",
  log_connections: "on",
  log_disconnections: "on",
  "logfiles.retention_days": "7",
  "pgaudit.log": "role,ddl,misc",
  require_secure_transport: "on",
  shared_preload_libraries: "pg_stat_statements,pgaudit",
  ssl_min_protocol_version: "TLSv1.2",
};

/** Values that would open what the defaults close. */
const refused: Readonly<Record<string, readonly string[]>> = {
  require_secure_transport: ["off"],
  ssl_min_protocol_version: ["TLSV1", "TLSV1.1"],
};

/** One parameter, as it is set. */
export interface ServerParameter {
  readonly name: string;
  readonly value: string;
}

/** Everything that is wrong with parameters and extensions; empty when it is right. */
export function parameterProblems(
  parameters: Readonly<Record<string, string>>,
  extensions: readonly string[],
): readonly Problem[] {
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    const message = parameterProblem(name, value);
    if (message !== undefined) problems.push({ path: ["parameters", name], message });
  }
  for (const [index, extension] of extensions.entries()) {
    const problem = (message: string) => problems.push({ path: ["extensions", index], message });
    if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(extension)) problem(`"${extension}" is not the name of an extension`);
    if (extension.toLowerCase() === "plpgsql") problem('"plpgsql" is always there; leave it out');
  }
  return problems;
}

/** What has an argument of its own. */
const setOtherwise: Readonly<Record<string, string>> = {
  "azure.extensions": "extensions",
  "pgbouncer.enabled": "pooler",
  "pgbouncer.pool_mode": "pooler",
};

function parameterProblem(name: string, value: string): string | undefined {
  if (setOtherwise[name] !== undefined) return `set "${name}" through ${setOtherwise[name]}`;
  const parameter = postgresParameter(name);
  if (parameter === undefined)
    return `"${name}" is no parameter of a flexible server${didYouMean(name, postgresParameterNames)}`;
  if (parameter.readOnly) return `"${name}" is set by Azure alone; leave it out`;
  if (refused[name]?.some((bad) => bad.toLowerCase() === value.toLowerCase()) === true)
    return `"${value}" lets unencrypted or outdated connections in; leave it out`;
  return refusedPart(name, value, parameter) === undefined
    ? undefined
    : `expected ${parameter.allowed}, got "${value}"`;
}

/**
 * PgBouncer's parameters. With pooled transactions, statements that a driver prepares are unknown to the next connection unless
 * PgBouncer keeps them, which Azure has switched off; 200 is what PgBouncer keeps by itself. Source: PgBouncer, "Config:
 * max_prepared_statements".
 */
function poolerParameters(pooler: Pooler | undefined): Readonly<Record<string, string>> {
  if (pooler === undefined) return {};
  return { "pgbouncer.enabled": "true", "pgbouncer.pool_mode": pooler, "pgbouncer.max_prepared_statements": "200" };
}

/**
 * All parameters to set, sorted by name: the defaults, what is asked for, the pooler, and the extensions that may be created. The
 * pooler is switched on first: until then Azure does not have its other parameters.
 */
export function serverParameters({
  parameters,
  extensions = [],
  pooler,
}: Pick<PostgresServerArgs, "parameters" | "extensions" | "pooler">): readonly ServerParameter[] {
  const allowed = [...new Set(["PGAUDIT", ...extensions.map((extension) => extension.toUpperCase())])].sort();
  const all = {
    ...defaultParameters,
    ...poolerParameters(pooler),
    ...parameters,
    "azure.extensions": allowed.join(","),
  };
  const order = (name: string) => (name === "pgbouncer.enabled" ? "" : name);
  return Object.entries(all)
    .map(([name, value]) => ({ name, value }))
    .sort((one, other) => (order(one.name) < order(other.name) ? -1 : 1));
}
