import type { Problem } from "../../lib/located-yaml/problem";

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
    const problem = (message: string) => problems.push({ path: ["parameters", name], message });
    if (name === "azure.extensions") problem('set "azure.extensions" through extensions');
    if (!/^[a-z][a-z0-9_.]*$/.test(name)) problem(`"${name}" is not the name of a parameter`);
    const closed = refused[name]?.some((bad) => bad.toLowerCase() === value.toLowerCase());
    if (closed === true) problem(`"${value}" lets unencrypted or outdated connections in; leave it out`);
  }
  for (const [index, extension] of extensions.entries()) {
    const problem = (message: string) => problems.push({ path: ["extensions", index], message });
    if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(extension)) problem(`"${extension}" is not the name of an extension`);
    if (extension.toLowerCase() === "plpgsql") problem('"plpgsql" is always there; leave it out');
  }
  return problems;
}

/** All parameters to set, sorted by name: the defaults, what is asked for, and the extensions that may be created. */
export function serverParameters(
  parameters: Readonly<Record<string, string>>,
  extensions: readonly string[],
): readonly ServerParameter[] {
  const allowed = [...new Set(["PGAUDIT", ...extensions.map((extension) => extension.toUpperCase())])].sort();
  const all = { ...defaultParameters, ...parameters, "azure.extensions": allowed.join(",") };
  return Object.entries(all)
    .map(([name, value]) => ({ name, value }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}
