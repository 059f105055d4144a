import { execFile } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { isSeq, parseDocument } from "yaml";
import { isJsonObject } from "../../lib/json-value";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { stackDefinitions } from "../../stacks/registry";
import { memory, repository } from "../cli/run-command";
import { ProjectCopy } from "./project-copy";

const inventory = "stacks/alai/inventory";
const project = new ProjectCopy();

/** A list of an inventory file. */
interface List {
  readonly file: string;
  readonly path: readonly (string | number)[];
}

const { sites, zones, services, databases, backup, environments } = loadAlaiInventory(join(repository, inventory));
const lists = {
  zones: { file: "zones.yaml", path: ["zones"] },
  sites: { file: "sites.yaml", path: ["sites"] },
  services: { file: "services.yaml", path: ["services"] },
  secrets: { file: "secrets.yaml", path: ["secrets"] },
  databases: { file: "databases.yaml", path: ["databases"] },
  repositories: { file: "repositories.yaml", path: ["repositories"] },
  containers: { file: "backup.yaml", path: ["stores", "prod", "containers"] },
} satisfies Record<string, List>;
const databaseLists = Object.keys(environments.environments).map((environment) => ({
  file: "environments.yaml",
  path: ["environments", environment, "postgres", "databases"],
}));

/** Changes the entries of a list; those that stay as they are keep their lines. */
function edit(
  { file, path }: List,
  change: (entry: unknown) => readonly unknown[],
  added: readonly unknown[] = [],
): void {
  const name = `${inventory}/${file}`;
  const document = parseDocument(project.read(name));
  const list = document.getIn(path);
  if (!isSeq(list)) throw new Error(`${name} has no list ${path.join(".")}`);
  const values: unknown[] = list.toJSON();
  list.items = [
    ...list.items.flatMap((item, index) => {
      const changed = change(values[index]);
      return changed[0] === values[index] ? [item] : changed.map((value) => document.createNode(value));
    }),
    ...added.map((value) => document.createNode(value)),
  ];
  project.write(name, String(document));
}

const adding = (list: List, entry: unknown) => edit(list, (each) => [each], [entry]);

/** One of each kind of entry that leaves: its list, how the plan calls what it made, and whether that stays in the cloud. */
interface Leaving {
  readonly list: List;
  readonly entry: string;
  readonly stack: "prod" | "hosts";
  readonly made: string;
  readonly stays: boolean;
  /** What the engine meets first and refuses to delete. Default: `made`. */
  readonly refused?: string;
}

const sitesThatLeave = sites.sites.flatMap(({ state, domain }) => (state === "on-pages" ? [domain] : [])).slice(-3);
const quiet = Object.keys(backup.restoreTest.quiet ?? {});
const hostDatabase = databases.databases.find(({ name, tier }) => tier === "P1" && !quiet.includes(name))?.name ?? "";
const zone = zones.zones.at(-1)?.domain ?? "";
const service = services.services.find((each) => each.databases !== undefined && each.name !== "mc-api");
const [database = ""] = service?.databases ?? [];
const asking = services.services.findLast((each) => each.secrets !== undefined);
const [secret = ""] = Object.values(asking?.secrets ?? {}).map((each) => each.secret);

const leaving: readonly Leaving[] = [
  { list: lists.zones, entry: zone, stack: "prod", made: `Zone ${zone}`, stays: false, refused: `ZoneDnssec ${zone}` },
  ...sitesThatLeave.map(
    (domain): Leaving => ({
      list: lists.sites,
      entry: domain,
      stack: "prod",
      made: `PagesProject ${domain}`,
      stays: false,
    }),
  ),
  ...databaseLists.flatMap((list): Leaving[] =>
    list.path.includes("prod")
      ? [{ list, entry: database, stack: "prod", made: `Database postgres-${database}`, stays: false }]
      : [],
  ),
  { list: lists.secrets, entry: secret, stack: "prod", made: `Secret vault-${secret}`, stays: true },
  {
    list: lists.containers,
    entry: "old-exports",
    stack: "prod",
    made: "BlobContainer backups-old-exports",
    stays: true,
  },
  {
    list: lists.repositories,
    entry: "alai-snowit-web",
    stack: "prod",
    made: "Repository alai-snowit-web",
    stays: true,
  },
  { list: lists.databases, entry: hostDatabase, stack: "hosts", made: `HostDatabase ${hostDatabase}`, stays: true },
];

const retired = { on: "2026-12-01", keepDays: 30, reason: "nobody uses it any more" };
const isNamed = (entry: unknown, name: string) =>
  entry === name || (isJsonObject(entry) && (entry.domain === name || entry.name === name));

/** Edits the entries that leave; services that use one of them are gone at once. */
function editLeaving(change: (entry: unknown) => readonly unknown[]): void {
  restore();
  const gone = [service?.name ?? "", asking?.name ?? ""];
  edit(lists.services, (each) => (gone.some((name) => isNamed(each, name)) ? [] : [each]));
  const others = databaseLists.map((list) => ({ list, entry: database }));
  for (const { list, entry } of [...leaving, ...others]) {
    edit(list, (each) => (isNamed(each, entry) ? change(each) : [each]));
  }
}

const files = [...new Set([...leaving.map(({ list }) => list.file), "services.yaml"])];
const before = new Map<string, string>();
const restore = () => {
  for (const [file, text] of before) project.write(`${inventory}/${file}`, text);
};

const up = (stack: string, ...options: readonly string[]) => project.run(["up", "--stack", stack, "--yes", ...options]);

async function expectUp(stack: string, ...options: readonly string[]): Promise<string> {
  const { exitCode, output, errors } = await up(stack, ...options);
  expect(exitCode, output + errors).toBe(0);
  return output;
}

beforeAll(() => {
  vi.setSystemTime("2026-12-01T12:00:00Z");
  expect(sitesThatLeave).toHaveLength(3);
  expect([zone, hostDatabase, database, secret]).not.toContain("");
  adding(lists.zones, {
    domain: "new.example",
    tls: { hsts: { maxAge: 31_536_000, includeSubdomains: true, preload: false } },
    edge: { rateLimits: [{ name: "visitors", requests: 300, per: "10s" }] },
  });
  adding(lists.sites, {
    domain: "new.example",
    state: "on-pages",
    zone: "new.example",
    owner: "own",
    repository: "alai-new-web",
    framework: { kind: "html" },
  });
  adding(lists.services, {
    name: "new-api",
    kind: "app",
    tier: "P1",
    cpu: 0.25,
    ingress: { exposure: "network", port: 8080 },
    databases: ["new_data"],
  });
  for (const list of databaseLists) adding(list, "new_data");
  adding(lists.databases, { name: "new-database", tier: "P1" });
  adding(lists.containers, { name: "old-exports", holds: "copies", immutableDays: 7 });
  for (const file of files) before.set(file, project.read(`${inventory}/${file}`));
});
afterAll(() => {
  vi.useRealTimers();
  project.remove();
});

describe("a zone, a site, a service with its database and a host's database come", () => {
  // Those that read the inventory that is edited.
  it.each(stackDefinitions.filter(({ system }) => system === "alai").map(({ name }) => name))(
    "%s deploys, with its policies",
    async (stack) => {
      const run = await up(stack, "--skip-preview", "--policy-pack", project.path("policies"));
      expect(run.exitCode, run.errors + run.output).toBe(0);
    },
    240_000,
  );
});

describe("one of each entry leaves", () => {
  it.each(["prod", "hosts"] as const)(
    "%s refuses what is not said, naming the line of the list and what to say there",
    async (stack) => {
      editLeaving(() => []);
      const { exitCode, output } = await up(stack);
      expect(exitCode, output).toBe(5);
      expect(output).toContain("nothing was applied");
      const lines = output.split("\n");
      for (const { made, refused = made, list, ...each } of leaving) {
        if (each.stack !== stack) continue;
        const finding = lines.findIndex((line) => line.includes("✗ [blocks]") && line.includes(`${refused} is `));
        const key = list.path.at(-1);
        const line = project
          .read(`${inventory}/${list.file}`)
          .split("\n")
          .findIndex((text) => text.trim() === `${key}:`);
        expect(finding, made).toBeGreaterThan(-1);
        const place = list.path.length > 1 ? `${list.file}:` : `${list.file}:${line + 1}, `;
        expect(lines[finding + 1], made).toContain(`keep its entry in ${inventory}/${place}`);
        expect(lines[finding + 1], made).toContain('"retired: { on: YYYY-MM-DD, reason: … }"');
        expect(lines[finding + 1], made).not.toContain("override");
      }
    },
    240_000,
  );

  it.each(["prod", "dev", "hosts"] as const)(
    "%s lets go of what is said, with the reason, and keeps it",
    async (stack) => {
      editLeaving((entry) => {
        if (!isJsonObject(entry)) return [{ name: entry, retired }];
        return ["state" in entry ? { ...entry, state: "retired", retired } : { ...entry, retired }];
      });
      const output = await expectUp(stack);
      const left = await project.deployed(stack);
      // More than the blast radius allows unsaid: operations/guard/limits.yaml.
      if (stack === "prod") expect(Number(/- (\d+) to delete/.exec(output)?.[1])).toBeGreaterThan(20);
      for (const { made, entry, list } of leaving.filter((each) => each.stack === stack)) {
        expect(output).toMatch(
          new RegExp(
            `${made}: protect is taken away.*${list.file} says so of .*${entry}: retired, leaves on 2026-12-31: nobody uses it`,
          ),
        );
        expect(left).toContain(made);
      }
    },
    240_000,
  );

  it.each(["prod", "dev", "hosts"] as const)(
    "%s has it until its day, and not from then on",
    async (stack) => {
      vi.setSystemTime("2026-12-30T23:59:59Z");
      expect(await expectUp(stack, "--skip-preview")).toContain("unchanged");
      vi.setSystemTime("2026-12-31T00:00:00Z");
      const output = await expectUp(stack);
      const left = await project.deployed(stack);
      for (const { made, stays } of leaving.filter((each) => each.stack === stack)) {
        expect(output).toMatch(new RegExp(`${made} is ${stays ? "let go of: it stays" : "deleted"}.*says so of`));
        expect(left).not.toContain(made);
      }
      const kept = sites.sites.flatMap((site) => ("repository" in site ? [`Repository ${site.repository}`] : []));
      if (stack === "prod") expect(left).toEqual(expect.arrayContaining(kept));
    },
    240_000,
  );

  it("npm run generate writes what follows from it, and finds nothing stale afterwards", async () => {
    for (const part of [
      "bench",
      "cli",
      "deployment",
      "docs",
      "operations",
      "sandbox",
      ".github",
      "README.md",
      "biome.json",
    ]) {
      cpSync(join(repository, part), project.path(part), { recursive: true });
    }
    const generate = (...options: readonly string[]) =>
      promisify(execFile)(process.execPath, [...memory, project.path("cli/run.mjs"), "generate", ...options], {
        cwd: project.path("."),
      });
    expect((await generate()).stdout).toContain("written    docs/cost.md");
    expect((await generate("--check")).stdout).toMatch(/\d+ generated files are as they should be/);
  }, 240_000);
});
