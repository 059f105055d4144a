import type { PropertyMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import { textAt } from "../../read-property";
import type { ServiceContext } from "../../type-rule";
import { nameOfId, parentOfId } from "../arm-id";
import { armType } from "../arm-type";
import { oneOperation, serverPath } from "./server";

/** A parameter of a server. Every parameter exists with its standard value; a configuration sets it, and resets it when deleted. */
export const configuration = armType({
  type: "dbforpostgresql:Configuration",
  path: `${serverPath}/configurations/{configurationName}`,
  parent: { type: "dbforpostgresql:Server", path: serverPath },
  name: { pattern: /^[a-zA-Z_][\w.]*$/, expected: "a parameter's name", code: "InvalidParameterName" },
  takesOverExisting: true,
  oneAtATime: (_, id) => oneOperation(parentOfId(id)),
  defaults: (inputs) => ({ value: parameterOf(inputs)?.standard ?? "", source: "system-default" }),
  computed: {
    names: ["allowedValues", "dataType", "defaultValue", "isConfigPendingRestart", "isDynamicConfig", "isReadOnly"],
    values: ({ inputs }) => {
      const parameter = parameterOf(inputs);
      const isStatic = parameter?.dynamic === false;
      return {
        allowedValues: (parameter?.allowed ?? []).join(","),
        dataType: parameter?.allowed === undefined ? "String" : "Enumeration",
        defaultValue: parameter?.standard ?? "",
        isDynamicConfig: !isStatic,
        isReadOnly: parameter?.readOnly ?? false,
        isConfigPendingRestart: isStatic && textAt(inputs, "value") !== parameter?.standard,
      };
    },
  },
  service: { write: requireSettable },
});

function parameterOf(inputs: PropertyMap) {
  return serverParameters[textAt(inputs, "configurationName") ?? ""];
}

function requireSettable({ id, inputs }: ServiceContext): void {
  const name = textAt(inputs, "configurationName") ?? "";
  const value = textAt(inputs, "value") ?? "";
  const parameter = serverParameters[name];
  if (parameter === undefined) {
    throw new ServiceError(
      "ConfigurationNotExists",
      `The configuration '${name}' does not exist for ${nameOfId(parentOfId(id))}.`,
      404,
    );
  }
  if (parameter.readOnly) {
    throw new ServiceError("ReadOnlyConfiguration", `The configuration '${name}' is read-only and cannot be changed.`);
  }
  const refused = refusedPart(name, value, parameter.allowed);
  if (refused === undefined) return;
  throw new ServiceError(
    "InvalidParameterValue",
    `Invalid value given for parameter ${name}: '${refused}'. Specify a valid parameter value.`,
  );
}

function refusedPart(name: string, value: string, allowed: readonly string[] | undefined): string | undefined {
  if (name === "azure.extensions") {
    return value === ""
      ? undefined
      : value.split(",").find((extension) => !allowedExtensions.includes(extension.trim()));
  }
  return allowed === undefined || allowed.includes(value.toLowerCase()) || allowed.includes(value) ? undefined : value;
}

/** One parameter of a flexible server. */
interface ServerParameter {
  /** A change takes effect at once; otherwise at the next restart. */
  readonly dynamic: boolean;
  readonly readOnly: boolean;
  readonly standard: string;
  /** The texts that are accepted, where there is a list. */
  readonly allowed?: readonly string[];
}

const onOff = ["on", "off"];
const dynamic = (standard: string, allowed?: readonly string[]): ServerParameter => ({
  dynamic: true,
  readOnly: false,
  standard,
  ...(allowed === undefined ? {} : { allowed }),
});
const fixedUntilRestart = (standard: string, allowed?: readonly string[]): ServerParameter => ({
  ...dynamic(standard, allowed),
  dynamic: false,
});
const readOnly = (standard: string): ServerParameter => ({ ...dynamic(standard), readOnly: true });

/**
 * Extensions that can be allow-listed, in the upper case that the parameter wants.
 * Source: Azure documentation, "Extensions and modules in Azure Database for PostgreSQL flexible server".
 */
const allowedExtensions =
  "ADDRESS_STANDARDIZER ADDRESS_STANDARDIZER_DATA_US AGE AMCHECK ANON AZURE_AI AZURE_LOCAL_AI AZURE_STORAGE BLOOM BTREE_GIN BTREE_GIST CITEXT CREDCHECK CUBE DBLINK DICT_INT DICT_XSYN EARTHDISTANCE FUZZYSTRMATCH HSTORE HYPOPG INTAGG INTARRAY IP4R ISN LO LOGIN_HOOK LTREE ORACLE_FDW ORAFCE PAGEINSPECT PG_BUFFERCACHE PG_CRON PG_DISKANN PG_FREESPACEMAP PG_HINT_PLAN PG_PARTMAN PG_PREWARM PG_REPACK PG_SQUEEZE PG_STAT_STATEMENTS PG_TRGM PG_VISIBILITY PGAUDIT PGCRYPTO PGLOGICAL PGROUTING PGROWLOCKS PGSTATTUPLE PLPGSQL PLV8 POSTGIS POSTGIS_RASTER POSTGIS_SFCGAL POSTGIS_TIGER_GEOCODER POSTGIS_TOPOLOGY POSTGRES_FDW POSTGRES_PROTOBUF SEMVER SESSION_VARIABLE SSLINFO TABLEFUNC TDIGEST TDS_FDW TIMESCALEDB TOPN TSM_SYSTEM_ROWS TSM_SYSTEM_TIME UNACCENT UUID-OSSP VECTOR".split(
    " ",
  );

/**
 * The parameters whose properties the emulator knows.
 * Source: Azure documentation, "Server parameters in Azure Database for PostgreSQL flexible server".
 */
const serverParameters: Readonly<Record<string, ServerParameter>> = {
  "azure.extensions": dynamic(""),
  "azure.accepted_password_auth_method": dynamic("md5,scram-sha-256"),
  autovacuum: dynamic("on", onOff),
  autovacuum_max_workers: fixedUntilRestart("3"),
  autovacuum_vacuum_scale_factor: dynamic("0.2"),
  client_encoding: dynamic("UTF8"),
  "connection_throttle.enable": dynamic("off", onOff),
  "cron.database_name": fixedUntilRestart("postgres"),
  data_directory: readOnly("/datadrive/pg/data"),
  deadlock_timeout: dynamic("1000"),
  default_transaction_isolation: dynamic("read committed", [
    "serializable",
    "repeatable read",
    "read committed",
    "read uncommitted",
  ]),
  effective_cache_size: dynamic("196608"),
  fsync: readOnly("on"),
  hot_standby_feedback: dynamic("off", onOff),
  idle_in_transaction_session_timeout: dynamic("0"),
  lc_messages: dynamic("en_US.utf8"),
  listen_addresses: readOnly("*"),
  lock_timeout: dynamic("0"),
  log_checkpoints: dynamic("on", onOff),
  log_connections: dynamic("on", onOff),
  log_disconnections: dynamic("on", onOff),
  log_duration: dynamic("off", onOff),
  log_line_prefix: dynamic("%t-%c-"),
  log_lock_waits: dynamic("off", onOff),
  log_min_duration_statement: dynamic("-1"),
  log_min_messages: dynamic("warning", [
    "debug5",
    "debug4",
    "debug3",
    "debug2",
    "debug1",
    "info",
    "notice",
    "warning",
    "error",
    "log",
    "fatal",
    "panic",
  ]),
  log_retention_days: dynamic("3"),
  log_statement: dynamic("none", ["none", "ddl", "mod", "all"]),
  "logfiles.download_enable": dynamic("off", onOff),
  "logfiles.retention_days": dynamic("3"),
  maintenance_work_mem: dynamic("99328"),
  max_connections: fixedUntilRestart("50"),
  max_locks_per_transaction: fixedUntilRestart("64"),
  max_logical_replication_workers: fixedUntilRestart("4"),
  max_parallel_workers: dynamic("8"),
  max_parallel_workers_per_gather: dynamic("2"),
  max_prepared_transactions: fixedUntilRestart("0"),
  max_replication_slots: fixedUntilRestart("10"),
  max_wal_senders: fixedUntilRestart("10"),
  max_wal_size: dynamic("2048"),
  max_worker_processes: fixedUntilRestart("8"),
  min_wal_size: dynamic("80"),
  password_encryption: dynamic("scram-sha-256", ["md5", "scram-sha-256"]),
  "pg_qs.query_capture_mode": dynamic("none", ["top", "all", "none"]),
  "pg_stat_statements.track": dynamic("none", ["top", "all", "none"]),
  "pgaudit.log": dynamic("none"),
  "pgaudit.log_catalog": dynamic("on", onOff),
  "pgbouncer.enabled": dynamic("false", ["true", "false"]),
  "pgms_wait_sampling.query_capture_mode": dynamic("none", ["all", "none"]),
  port: readOnly("5432"),
  random_page_cost: dynamic("2.0"),
  require_secure_transport: dynamic("on", onOff),
  search_path: dynamic('"$user", public'),
  server_version: readOnly("17"),
  shared_buffers: fixedUntilRestart("32768"),
  shared_preload_libraries: fixedUntilRestart("pg_cron,pg_stat_statements"),
  ssl: readOnly("on"),
  ssl_max_protocol_version: dynamic("TLSv1.3", ["TLSv1.2", "TLSv1.3", ""]),
  ssl_min_protocol_version: dynamic("TLSv1.2", ["TLSv1.2", "TLSv1.3"]),
  statement_timeout: dynamic("0"),
  synchronous_commit: dynamic("on", ["local", "remote_write", "remote_apply", "on", "off"]),
  temp_buffers: dynamic("1024"),
  timezone: dynamic("UTC"),
  track_activities: dynamic("on", onOff),
  track_io_timing: dynamic("off", onOff),
  wal_buffers: fixedUntilRestart("2048"),
  wal_level: fixedUntilRestart("replica", ["replica", "logical"]),
  work_mem: dynamic("4096"),
};
