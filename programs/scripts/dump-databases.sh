#!/bin/sh
# Dumps databases of a PostgreSQL server into a directory, each with the rows that its tables have in the same snapshot: what a restore
# of the dump has to have, whatever was written meanwhile. It reads, and changes nothing.
#
#   SERVER     the server, with the role's name in it: postgresql://database-dumps@host:5432
#   DATABASES  the databases: "mission_control hivemind"
#   WORK       the directory; it gets NAME.dump and NAME.rows of each
set -eu

#include parts/postgres-sign-in.part
export PGPASSWORD PGCONNECT_TIMEOUT=30 PGSSLMODE="${PGSSLMODE:-verify-full}" PGSSLROOTCERT="${PGSSLROOTCERT:-system}"
# Nothing that a service made is called by its name (CVE-2018-1058).
export PGOPTIONS="-c search_path=pg_catalog" WORK

for database in $DATABASES; do
  export TARGET="$SERVER/$database" DUMP="$WORK/$database.dump"
  rm -f "$DUMP"
  psql -X -q -A -t -F "$(printf '\t')" -v ON_ERROR_STOP=1 -v VERBOSITY=terse -d "$TARGET" -f - >"$WORK/$database.rows" <<'SQL'
SET idle_in_transaction_session_timeout = 0;
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \gset
\setenv SNAPSHOT :snapshot
\! pg_dump --format=custom --no-owner --no-privileges --snapshot="$SNAPSHOT" --file="$DUMP.part" "$TARGET" && mv "$DUMP.part" "$DUMP"
#include parts/count-rows.sql
COMMIT;
SQL
  [ -s "$DUMP" ] || refuse "$database was not dumped"
  printf '%s: dumped, %s tables, %s bytes\n' "$database" "$(wc -l <"$WORK/$database.rows")" "$(wc -c <"$DUMP")"
done
