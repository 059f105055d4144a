import table from "./postgres-parameter-values.json";

/** The part of a value that a parameter does not take; undefined when it takes the value. */
export function refusedPart(name: string, value: string, { kind, allowed }: PostgresParameter): string | undefined {
  const listed = (name === "azure.extensions" ? allowedExtensions : allowed.split(",")).map((item) => item.trim());
  const isListed = (item: string) =>
    name === "azure.extensions"
      ? listed.includes(item)
      : listed.some((one) => one.toLowerCase() === item.toLowerCase());
  switch (kind) {
    case "integer":
    case "numeric":
      return isInRange(value, kind, allowed) ? undefined : value;
    case "set":
      return value === "" ? undefined : value.split(",").find((item) => !isListed(item.trim()));
    case "string":
      return new RegExp(`^(?:${allowed})$`).test(value) ? undefined : value;
    default:
      return isListed(value) ? undefined : value;
  }
}

/** Whether a number lies in a range such as `0-100` or `-1-2147483647`. */
function isInRange(value: string, kind: "integer" | "numeric", allowed: string): boolean {
  const [, least, most] = /^(-?[\d.]+)-(-?[\d.]+(?:e\+\d+)?)$/.exec(allowed) ?? [];
  const isNumber = kind === "integer" ? /^-?\d+$/.test(value) : /^-?\d*\.?\d+(?:e[+-]?\d+)?$/i.test(value);
  return isNumber && Number(value) >= Number(least) && Number(value) <= Number(most);
}

/**
 * Extensions that can be allow-listed, in the upper case that the parameter wants.
 * Source: Azure documentation, "Extensions and modules in Azure Database for PostgreSQL flexible server".
 */
const allowedExtensions =
  "ADDRESS_STANDARDIZER ADDRESS_STANDARDIZER_DATA_US AGE AMCHECK ANON AZURE_AI AZURE_LOCAL_AI AZURE_STORAGE BLOOM BTREE_GIN BTREE_GIST CITEXT CREDCHECK CUBE DBLINK DICT_INT DICT_XSYN EARTHDISTANCE FUZZYSTRMATCH HSTORE HYPOPG INTAGG INTARRAY IP4R ISN LO LOGIN_HOOK LTREE ORACLE_FDW ORAFCE PAGEINSPECT PG_BUFFERCACHE PG_CRON PG_DISKANN PG_FREESPACEMAP PG_HINT_PLAN PG_PARTMAN PG_PREWARM PG_REPACK PG_SQUEEZE PG_STAT_STATEMENTS PG_TRGM PG_VISIBILITY PGAUDIT PGCRYPTO PGLOGICAL PGROUTING PGROWLOCKS PGSTATTUPLE PLPGSQL PLV8 POSTGIS POSTGIS_RASTER POSTGIS_SFCGAL POSTGIS_TIGER_GEOCODER POSTGIS_TOPOLOGY POSTGRES_FDW POSTGRES_PROTOBUF SEMVER SESSION_VARIABLE SSLINFO TABLEFUNC TDIGEST TDS_FDW TIMESCALEDB TOPN TSM_SYSTEM_ROWS TSM_SYSTEM_TIME UNACCENT UUID-OSSP VECTOR".split(
    " ",
  );

/** One parameter of a flexible server. */
export interface PostgresParameter {
  readonly kind: string;
  readonly standard: string;
  /** Values that are listed, a range such as `-1-100`, or a pattern, as Azure writes them. */
  readonly allowed: string;
  readonly readOnly: boolean;
  /** A change takes effect at the next restart. */
  readonly isStatic: boolean;
}

/**
 * By lower-case name. Source: Azure's REST API specification, example "ConfigurationsListByServer" of 2025-08-01, and the documentation
 * of server parameters of version 17 for PgBouncer, buffers and change data capture.
 */
const parameters: ReadonlyMap<string, PostgresParameter> = new Map(
  Object.entries(table).map(([name, [kind = "", standard = "", allowed = "", how]]) => [
    name.toLowerCase(),
    { kind, standard, allowed, readOnly: how === "read-only", isStatic: how === "static" },
  ]),
);

/** Names of parameters, in lower case. */
export const postgresParameterNames: readonly string[] = [...parameters.keys()];

export function postgresParameter(name: string): PostgresParameter | undefined {
  return parameters.get(name.toLowerCase());
}
