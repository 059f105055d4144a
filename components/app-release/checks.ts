import { pinnedActions, setUpNode } from "../github-actions/pinned-actions";
import { expression, type Step } from "../github-actions/workflow";
import type { ToolchainName } from "./schema";

/** What a toolchain checks and how; each check is a job. */
interface Toolchain {
  /** As CodeQL calls it; undefined where the toolchain says nothing of the language. */
  readonly language: string | undefined;
  /** Before each check. */
  readonly setUp: readonly Step[];
  readonly checks: readonly Check[];
  /** Makes the next migration of what the code says. */
  readonly generate: string;
}

interface Check {
  /** Of the job. */
  readonly id: string;
  readonly name: string;
  readonly run: string;
  /** Whether a database and a cache run beside it. */
  readonly integrates?: true;
}

/**
 * Only checks keep caches, and nothing that is released is built from one: what a pull request leaves in its own is read by no other
 * branch. Source: docs.github.com/en/actions/reference/workflows-and-actions/dependency-caching, "Restrictions for accessing a cache".
 */
function keepCache(what: string, paths: readonly string[], lock: string): Step {
  return {
    name: `Keep ${what} for the next run`,
    uses: pinnedActions.cache,
    with: {
      path: paths.join("\n"),
      key: `${what}-${expression("runner.os")}-${expression(`hashFiles('${lock}')`)}`,
      "restore-keys": `${what}-${expression("runner.os")}-`,
    },
  };
}

/** What the runner's image has: rustup, and corepack with Node.js. Which version of the compiler or of pnpm is in the repository's own files. */
export const toolchains: Readonly<Record<ToolchainName, Toolchain>> = {
  cargo: {
    language: "rust",
    setUp: [keepCache("cargo", ["~/.cargo/registry", "~/.cargo/git", "target"], "Cargo.lock")],
    checks: [
      {
        id: "lint",
        name: "Format and lint",
        run: "cargo fmt --all -- --check\ncargo clippy --all-targets --all-features --locked -- -D warnings\n",
      },
      { id: "test", name: "Test", integrates: true, run: "cargo test --all-features --locked\n" },
    ],
    generate: "cargo run --locked --bin generate-migration",
  },
  make: {
    language: undefined,
    setUp: [],
    checks: [
      { id: "lint", name: "Lint", run: "make lint\n" },
      { id: "test", name: "Test", run: "make test\n" },
      { id: "integration", name: "Integration tests", integrates: true, run: "make integration\n" },
    ],
    generate: "make migration",
  },
  pnpm: {
    language: "javascript-typescript",
    setUp: [
      setUpNode,
      keepCache("pnpm", ["~/.local/share/pnpm/store"], "pnpm-lock.yaml"),
      // The version, with its digest, is what package.json says under packageManager.
      { name: "Install packages", run: "corepack enable\npnpm install --frozen-lockfile\n" },
    ],
    checks: [
      { id: "lint", name: "Lint", run: "pnpm turbo lint\n" },
      { id: "typecheck", name: "Type check", run: "pnpm turbo typecheck\n" },
      { id: "test", name: "Unit tests", run: "pnpm turbo test -- --coverage\n" },
      {
        id: "integration",
        name: "Integration tests",
        integrates: true,
        run: "pnpm --filter db migrate\npnpm turbo test:integration\n",
      },
      { id: "build", name: "Build", run: "pnpm turbo build\n" },
    ],
    generate: "pnpm --filter db generate",
  },
};

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
