#!/bin/sh
# Tests dumps that dump-databases.sh made: that each lists its tables and can be read to its end and, where the directory holds a file
# "restore", that each restores into a database that is there for this, with exactly the rows that were counted when it was made.
#
#   SERVER        the server, with the role's name in it: postgresql://dump-test@host:5432
#   DATABASES     the databases: "mission_control hivemind"
#   RESTORE_INTO  the database to restore into. Whatever the role owns there is deleted, before and after
#   WORK          the directory, with NAME.dump and NAME.rows of each; it gets NAME.tested
set -eu

#include parts/postgres-sign-in.part
export PGPASSWORD PGCONNECT_TIMEOUT=30 PGSSLMODE="${PGSSLMODE:-verify-full}" PGSSLROOTCERT="${PGSSLROOTCERT:-system}"
export PGOPTIONS="-c client_min_messages=warning"
target="$SERVER/$RESTORE_INTO"

sql() {
  psql -X -q -A -t -F "$(printf '\t')" -v ON_ERROR_STOP=1 -v VERBOSITY=terse -d "$target" -f -
}

# Extensions are the server's, and stay.
empty() {
  sql <<'SQL'
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT nspname FROM pg_namespace WHERE pg_get_userbyid(nspowner) = current_role AND nspname <> 'public' LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', one.nspname);
  END LOOP;
  FOR one IN
    SELECT relname, CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END AS kind
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND pg_get_userbyid(relowner) = current_role AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
  LOOP
    EXECUTE format('DROP %s IF EXISTS public.%I CASCADE', one.kind, one.relname);
  END LOOP;
  FOR one IN SELECT oid::regprocedure AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND pg_get_userbyid(proowner) = current_role LOOP
    EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', one.name);
  END LOOP;
  FOR one IN
    SELECT typname, CASE typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END AS kind
    FROM pg_type WHERE typnamespace = 'public'::regnamespace AND pg_get_userbyid(typowner) = current_role AND typtype IN ('c', 'd', 'e', 'r') AND typrelid = 0
  LOOP
    EXECUTE format('DROP %s IF EXISTS public.%I CASCADE', one.kind, one.typname);
  END LOOP;
END $$;
SQL
}

count_rows() {
  sql <<'SQL'
#include parts/count-rows.sql
SQL
}

for database in $DATABASES; do
  dump="$WORK/$database.dump" rows="$WORK/$database.rows"
  pg_restore --list "$dump" >"$WORK/$database.list" || refuse "$database: corrupt: its dump cannot be listed"
  listed=$(grep -c ' TABLE DATA ' "$WORK/$database.list" || true)
  [ "$listed" -ge "$(wc -l <"$rows")" ] || refuse "$database: corrupt: $listed tables are in the dump, and $(wc -l <"$rows") were counted"
  pg_restore --file=/dev/null "$dump" || refuse "$database: corrupt: its dump ends before its end"
  printf 'listed\n' >"$WORK/$database.tested"
  printf '%s: listed, %s tables\n' "$database" "$listed"
  [ -f "$WORK/restore" ] || continue

  empty || refuse "$database: unrestorable: $RESTORE_INTO cannot be emptied"
  # Comments on extensions are for who owns them. Extensions are there already.
  pg_restore --exit-on-error --no-owner --no-privileges --no-comments -d "$target" "$dump" || refuse "$database: unrestorable"
  count_rows >"$WORK/$database.restored"
  if ! diff "$rows" "$WORK/$database.restored"; then
    refuse "$database: shrunk: the restored tables do not have the rows that were counted (<) when the dump was made"
  fi
  empty || refuse "$database: $RESTORE_INTO cannot be emptied"
  printf 'restored\n' >"$WORK/$database.tested"
  printf '%s: restored, with the rows of %s tables\n' "$database" "$listed"
done
