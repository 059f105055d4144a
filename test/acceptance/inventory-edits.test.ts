import { execFile } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isSeq, parseDocument } from "yaml";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { stackDefinitions } from "../../stacks/registry";
import { repository } from "../cli/run-command";
import { ProjectCopy } from "./project-copy";

const inventory = "stacks/alai/inventory";
const project = new ProjectCopy();
afterAll(() => project.remove());

/** One list of an inventory file: what leaves it, and what comes to it. */
interface Edit {
  readonly file: string;
  readonly list: readonly (string | number)[];
  readonly leaves?: (entry: Readonly<Record<string, unknown>>) => boolean;
  readonly comes: unknown;
}

function edit({ file, list, leaves = () => false, comes }: Edit): void {
  const path = `${inventory}/${file}`;
  const document = parseDocument(project.read(path));
  const entries = document.getIn(list);
  if (!isSeq(entries)) throw new Error(`${path} has no list ${list.join(".")}`);
  const values: unknown[] = entries.toJSON();
  const gone = values.flatMap((value, index) =>
    typeof value === "object" && value !== null && leaves({ ...value }) ? [index] : [],
  );
  for (const index of gone.reverse()) entries.delete(index);
  entries.add(document.createNode(comes));
  project.write(path, String(document));
}

beforeAll(() => {
  const { sites, zones, services, databases, backup, environments } = loadAlaiInventory(join(repository, inventory));
  const zone = zones.zones.at(-1)?.domain;
  const site = sites.sites.findLast(({ state }) => state === "on-pages")?.domain;
  const service = services.services.at(-1)?.name;
  const named = Object.keys(backup.restoreTest.quiet ?? {});
  const database = databases.databases.find(({ name, tier }) => tier === "P1" && !named.includes(name))?.name;
  expect([zone, site, service, database]).not.toContain(undefined);

  edit({
    file: "zones.yaml",
    list: ["zones"],
    leaves: ({ domain }) => domain === zone,
    comes: { domain: "new.example" },
  });
  edit({
    file: "sites.yaml",
    list: ["sites"],
    leaves: (entry) => entry.domain === site || entry.domain === zone || entry.zone === zone,
    comes: {
      domain: "new.example",
      state: "on-pages",
      zone: "new.example",
      owner: "own",
      repository: "alai-new-web",
      framework: { kind: "html" },
    },
  });
  edit({
    file: "services.yaml",
    list: ["services"],
    leaves: ({ name }) => name === service,
    comes: {
      name: "new-api",
      kind: "app",
      tier: "P1",
      cpu: 0.25,
      ingress: { exposure: "network", port: 8080 },
      databases: ["new_data"],
    },
  });
  for (const environment of Object.keys(environments.environments)) {
    edit({
      file: "environments.yaml",
      list: ["environments", environment, "postgres", "databases"],
      comes: "new_data",
    });
  }
  edit({
    file: "databases.yaml",
    list: ["databases"],
    leaves: ({ name }) => name === database,
    comes: { name: "new-database", tier: "P1" },
  });
});

describe("a zone, a site, a service with its database and a host's database come, and one of each leaves", () => {
  it.each(stackDefinitions.map(({ name }) => name))(
    "%s deploys, with its policies",
    async (stack) => {
      const pack = ["--policy-pack", project.path("policies")];
      const run = await project.run(["up", "--stack", stack, "--yes", "--skip-preview", ...pack]);
      expect(run.exitCode, run.errors + run.output).toBe(0);
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
      promisify(execFile)(process.execPath, [project.path("cli/run.mjs"), "generate", ...options], {
        cwd: project.path("."),
      });
    expect((await generate()).stdout).toContain("written    docs/cost.md");
    expect((await generate("--check")).stdout).toMatch(/\d+ generated files are as they should be/);
  }, 240_000);
});
