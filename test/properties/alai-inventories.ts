import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import { type AlaiInventory, loadAlaiInventory } from "../../stacks/alai/inventory";

const alai = join(__dirname, "..", "..", "stacks/alai/inventory");

/** What a generated inventory says beside, or instead of, what ALAI's own files say. */
export interface Variation {
  readonly sites: readonly object[];
  readonly records: readonly object[];
  readonly services: readonly object[];
  readonly environment: object & { readonly postgres: object };
  readonly containers: readonly object[];
}

const slugs = ["birch", "elm", "oak", "pine", "yew"] as const;
const slug = fc.constantFrom(...slugs);
const uniqueBy = <T extends object>(key: keyof T, item: fc.Arbitrary<T>, maxLength: number) =>
  fc.uniqueArray(item, { selector: (value) => value[key], maxLength });

const site = fc
  .record({
    name: slug,
    state: fc.constantFrom("on-pages", "to-migrate"),
    kind: fc.constantFrom("html", "next-export", "next", "astro"),
  })
  .map(({ name, state, kind }) => ({
    domain: `${name}.alai.no`,
    state,
    zone: "alai.no",
    owner: "own",
    repository: `alai-${name}-web`,
    framework: { kind },
  }));

const record = fc
  .record({
    name: slug.map((name) => `r-${name}`),
    content: fc.oneof(
      fc.ipV4().map((content) => ({ type: "A", content })),
      slug.map((text) => ({ type: "TXT", content: `v=${text}` })),
    ),
  })
  .map(({ name, content }) => ({ name, ...content }));

const secrets = fc.dictionary(
  fc.constantFrom("API_KEY", "TOKEN"),
  fc.constantFrom("model-api-key", "extra-token").map((secret) => ({ secret })),
);
const common = {
  name: slug.map((name) => `svc-${name}`),
  tier: fc.constantFrom("P0", "P1", "P2"),
  cpu: fc.constantFrom(0.25, 0.5, 1),
  secrets,
  databases: fc.subarray(["mission_control", "hivemind"]),
};
const app = fc.record({
  kind: fc.constant("app"),
  ...common,
  ingress: fc.oneof(
    fc.constant({ exposure: "none" }),
    fc.record({ exposure: fc.constantFrom("environment", "network"), port: fc.integer({ min: 1024, max: 9000 }) }),
  ),
});
const job = fc.record({
  kind: fc.constant("job"),
  ...common,
  // With and without a database: `dev` has one on weekdays between four and seven in the evening only.
  schedule: fc.constantFrom("0 5 * * 1", "*/5 4-18 * * 1-5", "17 6 * * 2"),
  timeoutSeconds: fc.integer({ min: 30, max: 3600 }),
});

const container = fc
  .record({
    name: slug.map((name) => `more-${name}`),
    content: fc.oneof(
      fc.constant({ holds: "litestream" }),
      fc.record({ holds: fc.constant("copies"), retentionDays: fc.integer({ min: 1, max: 400 }) }),
      fc.record({ holds: fc.constant("copies"), immutableDays: fc.integer({ min: 7, max: 60 }) }),
    ),
  })
  .map(({ name, content }) => ({ name, ...content }));

const environment = fc.record({
  replicas: fc.record({ min: fc.integer({ min: 0, max: 2 }), max: fc.integer({ min: 2, max: 5 }) }),
  logRetentionDays: fc.integer({ min: 30, max: 730 }),
  budget: fc.record({ monthlyAmount: fc.integer({ min: 10, max: 500 }) }),
  postgres: fc.record({
    size: fc.constantFrom("b1ms", "b2s", "d2"),
    extensions: fc.subarray(["vector", "pg_trgm", "uuid-ossp"]),
    parameters: fc.dictionary(
      fc.constantFrom("log_min_duration_statement", "work_mem"),
      fc.constantFrom("4096", "8192"),
    ),
    backupDays: fc.integer({ min: 7, max: 35 }),
    databases: fc.subarray(["reports", "archive"]).map((more) => ["mission_control", "hivemind", ...more]),
  }),
});

/** What is retained when it leaves the program cannot be made again under its name, so it stays through all edits. */
const keeper = {
  name: "keeper",
  kind: "app",
  tier: "P2",
  ingress: { exposure: "none" },
  secrets: { API_KEY: { secret: "model-api-key" }, TOKEN: { secret: "extra-token" } },
};
const extraToken = { name: "extra-token", owner: "platform", environments: ["prod", "dev"] };
const siteRepositories = slugs.map((name) => ({ name: `alai-${name}-web`, visibility: "private" }));

/** Variations of an inventory, each valid on its own; their names are few, so that edits add, change and remove the same things. */
export const variation: fc.Arbitrary<Variation> = fc.record({
  sites: uniqueBy("domain", site, 3),
  records: uniqueBy("name", record, 3),
  services: uniqueBy<{ name: string }>("name", fc.oneof(app, job), 4),
  environment,
  containers: uniqueBy("name", container, 3),
});

/** ALAI's inventory with the variation in one of its environments, read through the real files and all their checks. */
export function inventoryOf(change: Variation, environmentName: "dev" | "prod"): AlaiInventory {
  const directory = mkdtempSync(join(tmpdir(), "inventory-"));
  try {
    cpSync(alai, directory, { recursive: true, filter: (path) => !path.endsWith(".ts") });
    edit(directory, "sites.yaml", ({ sites }) => ({ sites: [...sites, ...change.sites] }));
    edit(directory, "services.yaml", () => ({ services: [keeper, ...change.services] }));
    edit(directory, "secrets.yaml", ({ secrets }) => ({ secrets: [...secrets, extraToken] }));
    edit(directory, "repositories.yaml", ({ repositories }) => ({
      repositories: [...repositories, ...siteRepositories],
    }));
    edit(directory, "zones.yaml", ({ zones: [first, ...rest] }) => ({
      zones: [{ ...first, records: [...(first.records ?? []), ...change.records] }, ...rest],
    }));
    edit(directory, "environments.yaml", ({ environments }) => {
      const before = environments[environmentName];
      const postgres = { ...before.postgres, ...change.environment.postgres };
      return { environments: { ...environments, [environmentName]: { ...before, ...change.environment, postgres } } };
    });
    edit(directory, "backup.yaml", ({ stores, ...rest }) => {
      const before = stores[environmentName];
      const containers = [...before.containers, ...change.containers];
      return { ...rest, stores: { ...stores, [environmentName]: { ...before, containers } } };
    });
    return loadAlaiInventory(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function edit(directory: string, name: string, change: (content: ReturnType<typeof parse>) => unknown): void {
  const path = join(directory, name);
  writeFileSync(path, stringify(change(parse(readFileSync(path, "utf8"))), { aliasDuplicateObjects: false }));
}
