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
  },
  make: {
    language: undefined,
    setUp: [],
    checks: [
      { id: "lint", name: "Lint", run: "make lint\n" },
      { id: "test", name: "Test", run: "make test\n" },
      { id: "integration", name: "Integration tests", integrates: true, run: "make integration\n" },
    ],
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
  },
};
