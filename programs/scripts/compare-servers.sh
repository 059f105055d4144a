#!/bin/sh
# Compares the databases of a server with those of one that was restored from its backup: the rows of every table on both, so that people
# see what putting the restored one into service would bring back, and what it would lose. It reads, and changes nothing.
#
#   SERVER     the server that serves, with the role's name in it: postgresql://administrator@host:5432
#   RESTORED   the restored one, likewise
#   DATABASES  the databases: "mission_control hivemind"
set -eu

#include parts/postgres-sign-in.part
export PGPASSWORD PGCONNECT_TIMEOUT=30 PGSSLMODE="${PGSSLMODE:-verify-full}" PGSSLROOTCERT="${PGSSLROOTCERT:-system}"
# Nothing that a service made is called by its name (CVE-2018-1058), and nothing can be changed.
export PGOPTIONS="-c search_path=pg_catalog -c default_transaction_read_only=on"

# "schema.table rows" of every table, sorted.
count_rows() {
  psql -X -q -A -t -F ' ' -v ON_ERROR_STOP=1 -v VERBOSITY=terse -d "$1" -f - <<'SQL'
SELECT format('SELECT %L, count(*) FROM %I.%I', replace(nspname || '.' || relname, ' ', '_'), nspname, relname)
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind = 'r' AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\_%'
ORDER BY replace(nspname || '.' || relname, ' ', '_') COLLATE "C" \gexec
SQL
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for database in $DATABASES; do
  count_rows "$RESTORED/$database" >"$work/restored" || refuse "$database: the restored server does not show it"
  count_rows "$SERVER/$database" >"$work/serving" || printf '%s: the server that serves does not show it\n' "$database"
  [ -s "$work/restored" ] || ! [ -s "$work/serving" ] || refuse "$database: the restored server has none of its tables; restore to another moment"
  # Of one server only: "-" on the other.
  LC_ALL=C join -a 1 -a 2 -e - -o 0,1.2,2.2 "$work/serving" "$work/restored" | while read -r table serving restored; do
    [ "$serving" = "$restored" ] || printf '%s %s: %s rows, restored %s\n' "$database" "$table" "$serving" "$restored"
  done
  printf '%s: %s tables compared\n' "$database" "$(wc -l <"$work/restored")"
done
