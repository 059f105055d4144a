#!/bin/sh
# Gives each service's identity its role in the databases of a PostgreSQL server, and takes away the roles of services that left. It
# runs as an Entra administrator of the server, says what it changes, and can be run again at any time: see docs/decisions/0038.
#
#   SERVER      the server, with the administrator's name in it: postgresql://administrator@host:5432; of several, with commas between
#               them, the one that takes writes
#   MARKER      the role that marks what is made here: others of the server's roles are left alone
#   DATABASES   the databases that roles are given in: "mission_control hivemind"
#   EXTENSIONS  what is made in each of them, because only administrators may: "vector uuid-ossp", or nothing
#   ROLES       who gets a role: [{"role":"api","objectId":"…","type":"service","access":"own","databases":["hivemind"]}]; "own" acts as
#               the databases' owner, "read" reads
#   HOURS       of a server that is stopped at night: "4 19 12345", from which hour until which it runs, in UTC, and on which days, 0 for
#               Sunday; empty: it always does
set -eu

# Whether the server may be stopped now. In its first hour it may still be starting.
may_be_stopped() {
  [ -n "${HOURS:-}" ] || return 1
  # Each is several words.
  # shellcheck disable=SC2046,SC2086
  set -- $HOURS $(date -u "+%H %w")
  case $3 in *"$5"*) [ "$4" -le "$1" ] || [ "$4" -ge "$2" ] ;; esac
}
# It is asked all the same: whoever works late starts it.
if may_be_stopped && ! pg_isready -q -t 30 -d "$SERVER/postgres"; then
  echo "the server does not answer, and may be stopped at this hour: no role was given or taken"
  exit 0
fi

#include parts/postgres-sign-in.part
export PGPASSWORD PGCONNECT_TIMEOUT=30 PGTARGETSESSIONATTRS=read-write
export PGSSLMODE="${PGSSLMODE:-verify-full}" PGSSLROOTCERT="${PGSSLROOTCERT:-system}"
# Nothing that a service made is called by its name: a function of its own named "format" would run as the administrator (CVE-2018-1058).
# pgaadauth_* are in pg_catalog. Source: Azure documentation, "Manage Microsoft Entra users in Azure Database for PostgreSQL".
export PGOPTIONS="-c search_path=pg_catalog"

# Runs the SQL on standard input in a database. Within a DO block psql's variables are settings.
sql_in() {
  psql -X -q -v ON_ERROR_STOP=1 -v VERBOSITY=terse -d "$SERVER/$1" \
    -c "SELECT set_config('landscape.roles', \$json\$$ROLES\$json\$, false), set_config('landscape.marker', '$MARKER', false), set_config('landscape.databases', '$DATABASES', false), set_config('landscape.extensions', '$EXTENSIONS', false)" \
    -o /dev/null -f -
}

# Roles that nobody signs in as. What a database holds belongs to its owner role, not to a service: every service that has the
# database can change what another one made, and one that leaves owns nothing. The marker is what the roles that are ours have in common.
sql_in postgres <<'SQL'
DO $$
DECLARE
  name text;
  part text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('landscape roles'));
  IF to_regrole(current_setting('landscape.marker')) IS NULL THEN
    EXECUTE format('CREATE ROLE %I NOLOGIN', current_setting('landscape.marker'));
  END IF;
  FOREACH name IN ARRAY string_to_array(current_setting('landscape.databases'), ' ') LOOP
    FOREACH part IN ARRAY ARRAY[name || '_owner', name || '_reader'] LOOP
      IF to_regrole(quote_ident(part)) IS NULL THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', part);
        RAISE NOTICE 'role %: made', part;
      END IF;
      -- Administrators say what an owner's tables grant by themselves, and the job of a standby, which is one, gives the roles on.
      IF NOT pg_has_role('azure_pg_admin', part, 'MEMBER WITH ADMIN OPTION') THEN
        EXECUTE format('GRANT %I TO azure_pg_admin WITH ADMIN OPTION', part);
      END IF;
    END LOOP;
  END LOOP;
END $$;
SQL

# In each database: nobody but its roles gets in. Azure's template gives the schema public to azure_pg_admin, whose member the
# administrator is; of the database itself it is not always the owner (hashicorp/terraform-provider-azurerm#27895).
for database in $DATABASES; do
  sql_in "$database" <<'SQL'
DO $$
DECLARE
  name CONSTANT text := current_database();
  owner CONSTANT text := name || '_owner';
  reader CONSTANT text := name || '_reader';
  belongs_to CONSTANT text := (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database());
  extension text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('landscape roles'));
  IF pg_has_role(belongs_to, 'USAGE') THEN
    EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', name);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO azure_pg_admin, %I', name, reader);
    EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO %I', name, owner);
  ELSE
    RAISE WARNING 'database % belongs to %, so that every role of the server may connect to it; its schema public is closed to them', name, belongs_to;
  END IF;
  REVOKE ALL ON SCHEMA public FROM PUBLIC;
  EXECUTE format('GRANT USAGE, CREATE ON SCHEMA public TO %I', owner);
  EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', reader);
  EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I GRANT USAGE ON SCHEMAS TO %I', owner, reader);
  EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I GRANT SELECT ON TABLES TO %I', owner, reader);
  EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I GRANT SELECT ON SEQUENCES TO %I', owner, reader);
  FOREACH extension IN ARRAY string_to_array(current_setting('landscape.extensions'), ' ') LOOP
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = extension) THEN
      EXECUTE format('CREATE EXTENSION %I SCHEMA public CASCADE', extension);
      RAISE NOTICE 'database %: extension % made', name, extension;
    END IF;
  END LOOP;
END $$;
SQL
done

# The roles that sign in. Azure has its functions for them in this database only.
sql_in postgres <<'SQL'
DO $$
DECLARE
  wanted CONSTANT jsonb := current_setting('landscape.roles');
  one record;
  name text;
  part text;
  is_needed boolean;
  is_given boolean;
  stuck text[] := '{}';
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('landscape roles'));
  -- Since version 16 whoever makes a role is its member, as its administrator.
  FOR one IN
    SELECT ours.rolname AS role, next.role IS NULL AS has_left
    FROM pg_auth_members link
    JOIN pg_roles ours ON ours.oid = link.member
    LEFT JOIN jsonb_to_recordset(wanted) AS next(role text, "objectId" text) ON next.role = ours.rolname
    LEFT JOIN pgaadauth_list_principals(false) AS known(role, kind, object_id) ON known.role = ours.rolname
    WHERE link.roleid = to_regrole(current_setting('landscape.marker')) AND NOT link.admin_option
      AND (next.role IS NULL OR lower(next."objectId") IS DISTINCT FROM lower(known.object_id))
  LOOP
    BEGIN
      EXECUTE format('DROP ROLE %I', one.role);
      RAISE NOTICE 'role %: removed, % its service', one.role, CASE WHEN one.has_left THEN 'without' ELSE 'for the new identity of' END;
    EXCEPTION WHEN dependent_objects_still_exist THEN
      EXECUTE format('ALTER ROLE %I NOLOGIN', one.role);
      stuck := stuck || one.role::text;
    END;
  END LOOP;

  FOR one IN
    SELECT * FROM jsonb_to_recordset(wanted) AS next(role text, "objectId" text, type text, access text, databases jsonb)
    WHERE NOT role = ANY (stuck)
  LOOP
    IF to_regrole(quote_ident(one.role)) IS NULL THEN
      PERFORM pgaadauth_create_principal_with_oid(one.role, one."objectId", one.type, false, false);
      EXECUTE format('GRANT %I TO %I', current_setting('landscape.marker'), one.role);
      RAISE NOTICE 'role %: made for %', one.role, one."objectId";
      IF one.access = 'read' THEN
        EXECUTE format('ALTER ROLE %I SET default_transaction_read_only TO on', one.role);
      END IF;
    ELSIF NOT pg_has_role(one.role, current_setting('landscape.marker'), 'MEMBER') THEN
      RAISE EXCEPTION 'role % is there and was not made here: rename the service, or drop the role', one.role;
    END IF;

    FOREACH name IN ARRAY string_to_array(current_setting('landscape.databases'), ' ') LOOP
      FOREACH part IN ARRAY ARRAY[name || '_owner', name || '_reader'] LOOP
        is_needed := one.databases ? name AND part = name || CASE one.access WHEN 'own' THEN '_owner' ELSE '_reader' END;
        is_given := EXISTS (
          SELECT FROM pg_auth_members
          WHERE roleid = to_regrole(quote_ident(part)) AND member = to_regrole(quote_ident(one.role))
        );
        IF is_needed AND NOT is_given THEN
          EXECUTE format('GRANT %I TO %I', part, one.role);
          -- Whatever it makes then belongs to the owner role.
          IF one.access = 'own' THEN
            EXECUTE format('ALTER ROLE %I IN DATABASE %I SET role TO %I', one.role, name, part);
          END IF;
          RAISE NOTICE 'role %: may act as %', one.role, part;
        ELSIF is_given AND NOT is_needed THEN
          EXECUTE format('REVOKE %I FROM %I', part, one.role);
          EXECUTE format('ALTER ROLE %I IN DATABASE %I RESET role', one.role, name);
          RAISE NOTICE 'role %: may act as % no more', one.role, part;
        END IF;
      END LOOP;
    END LOOP;
  END LOOP;
  PERFORM set_config('landscape.stuck', array_to_string(stuck, ', '), false);
END $$;
DO $$
BEGIN
  IF current_setting('landscape.stuck') <> '' THEN
    RAISE EXCEPTION 'no longer signing in, and not removed because they own something: %. In each database: REASSIGN OWNED BY the role TO the owner role, then run this again', current_setting('landscape.stuck');
  END IF;
END $$;
SQL
