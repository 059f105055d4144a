/**
 * Refuses what the release that runs while a migration is made cannot bear, in the SQL files that a pull request adds or changes; and
 * what locks a table for as long as it takes. A statement that is safe all the same says why in a comment of its own:
 * `-- safe: nothing has read it since 1.4`.
 *
 * Source: BetterWorld's plan, 4.1, "Migration safety rules"; PostgreSQL's documentation, "CREATE INDEX" (CONCURRENTLY) and "ALTER TABLE".
 */
export const checkMigrations = `found=0
while IFS= read -r file; do
  [ -n "$file" ] || continue
  awk -v file="$file" '
    BEGIN { RS = ";"; line = 1 }
    {
      first = line; line += gsub(/\\n/, "\\n")
      text = $0; while (match(text, /^[[:space:]]/)) { if (substr(text, 1, 1) == "\\n") first++; text = substr(text, 2) }
      if (text ~ /--[[:space:]]*safe:[[:space:]]*[^[:space:]]/) next
      gsub(/--[^\\n]*/, "", text); gsub(/[[:space:]]+/, " ", text); text = toupper(text); why = ""
      if (text ~ /DROP (TABLE|COLUMN|VIEW|TYPE)/) why = "what runs may still read it: drop it in the release after the one that stops"
      else if (text ~ / RENAME /) why = "what runs knows the old name: add the new one beside it"
      else if (text ~ /ALTER COLUMN .* TYPE /) why = "it rewrites the table while nobody can use it: add a column beside it"
      else if (text ~ /SET NOT NULL/) why = "it reads the whole table under a lock: add a CHECK that is NOT VALID, and validate it"
      else if (text ~ /ADD COLUMN/ && text ~ /NOT NULL/ && text !~ /DEFAULT/) why = "what runs does not fill it: give it a default, or let it be null"
      else if (text ~ /CREATE (UNIQUE )?INDEX/ && text !~ /CONCURRENTLY/) why = "nobody writes to the table meanwhile: CREATE INDEX CONCURRENTLY"
      if (why != "") { printf "::error file=%s,line=%d::%s; or say in its statement why it is safe: -- safe: …\\n", file, first, why; bad = 1 }
    }
    END { exit bad }
  ' "$file" || found=1
done <<FILES
$(git diff --name-only --diff-filter=AM "$BASE...HEAD" -- "$MIGRATIONS" | grep '\\.sql$' || true)
FILES
exit "$found"
`;
