import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adoptedSetting } from "../../lib/adopted-resource";
import { withAdopted } from "../../operations/adopt/adopted-entries";
import { copyProject } from "../../operations/project-copy";
import { openWorld } from "../../sandbox/world/open-world";
import type { WorldObject } from "../../sandbox/world/world";
import { repository } from "./run-command";
import { runHere } from "./run-here";

const record = "cloudflare:index/dnsRecord:DnsRecord";
const [alai, bilko] = ["c0de0000000000000000000000000001", "c0de0000000000000000000000000003"];
const dns = (id: string, properties: WorldObject["properties"]): WorldObject => ({
  ...{ cloud: "cloudflare", kind: record, id: id.padStart(32, "0") },
  properties: { proxied: true, ttl: 1, ...properties },
});

/** What the migration log of seed 000 says exists, with one record that somebody changed and one that leads elsewhere. */
const there = [
  dns("a1", { zoneId: bilko, name: "bilko.io", type: "CNAME", content: "bilko-io.pages.dev" }),
  dns("a2", { zoneId: bilko, name: "www.bilko.io", type: "CNAME", content: "bilko-io.pages.dev" }),
  dns("a3", { zoneId: alai, name: "docs.alai.no", type: "A", content: "192.0.2.9", proxied: false, ttl: 300 }),
];
const rival = dns("a4", { zoneId: alai, name: "alai.no", type: "A", content: "203.0.113.9" });

describe("accounts that hold things already", () => {
  let copy = "";
  const file = () => join(copy, "Pulumi.prod.yaml");
  const run = (command: string, ...args: readonly string[]) =>
    runHere([command, "--stack", "prod", "--cwd", copy, ...args], { SANDBOX_DIRECTORY: join(copy, "data") });
  async function change(action: (put: (object: WorldObject) => void, remove: (id: string) => void) => void) {
    const world = await openWorld(join(copy, "data"));
    await world.transact((transaction) =>
      action(
        (object) => transaction.put(object),
        (id) => transaction.delete(record, id),
      ),
    );
    world.close();
  }

  beforeAll(async () => {
    copy = mkdtempSync(join(tmpdir(), "adopt-"));
    copyProject(repository, copy);
    await change((put) => {
      for (const object of [...there, rival]) put(object);
    });
  }, 120_000);
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it("are looked at; a dry run writes nothing", async () => {
    const before = readFileSync(file(), "utf8");
    const { exitCode, output } = await run("adopt", "--dry-run", "--json");
    const told = JSON.parse(output);
    expect(told.adopted).toEqual(
      [
        ["docs.alai.no-site", alai, there[2]],
        ["bilko.io-site", bilko, there[0]],
        ["bilko.io-www", bilko, there[1]],
      ].map(([name, zone, object]) => ({
        ...{ type: record, name },
        id: `${zone}/${typeof object === "object" ? object.id : ""}`,
      })),
    );
    const docs = told.changed.find(({ urn }: { readonly urn: string }) => urn.endsWith("::docs.alai.no-site"));
    expect(docs.changes).toEqual(
      expect.arrayContaining([expect.stringMatching(/content\s*: "192.0.2.9" => "4.223.110.181"/)]),
    );
    expect(told.inTheWay).toMatchObject([{ found: "in-the-way", what: "A 203.0.113.9" }]);
    expect({ exitCode, written: told.written }).toEqual({ exitCode: 2, written: false });
    expect(readFileSync(file(), "utf8")).toBe(before);
  });

  it("belong to stacks that there are", async () => {
    const { exitCode, errors } = await runHere(["adopt", "--stack", "prd", "--cwd", copy]);
    expect([exitCode, errors]).toEqual([6, expect.stringMatching(/no stack "prd"|"prd".*bootstrap/)]);
  });

  // That they are taken over, and leave the list: test/acceptance/first-deployment.test.ts.
  it("are listed once, and what is in the way is told until people take it away", async () => {
    expect((await run("adopt")).output).toContain("alai.no-site cannot be made: A 203.0.113.9 is there");
    await change((_, remove) => remove(rival.id));
    const second = await run("adopt");
    expect([second.exitCode, second.output]).toEqual([0, expect.stringContaining("nothing to write: 3 to take over")]);
  });

  it("are taken over where they are, and made on a sandbox that has none of them: the list is committed", async () => {
    const made = "made here, where nothing is there to be taken over: docs.alai.no-site, bilko.io-site, bilko.io-www";
    const preview = (sandbox: string) =>
      runHere(["preview", "--stack", "prod", "--cwd", copy], { SANDBOX_DIRECTORY: join(copy, sandbox) });
    const [there, elsewhere] = [await preview("data"), await preview("other")];
    expect([there.exitCode, elsewhere.exitCode], elsewhere.output).toEqual([0, 0]);
    expect(there.output).not.toContain("made here");
    expect(elsewhere.output).toContain(made);
  });

  it("are not taken over where that replaces what is there: the file is put back", async () => {
    const dev = join(copy, "Pulumi.dev.yaml");
    const before = readFileSync(dev, "utf8");
    const subscription = "/subscriptions/00000000-0000-4000-8000-000000000011";
    await change((put) =>
      put({
        ...{
          cloud: "azure",
          kind: "azure-native:resources:ResourceGroup",
          id: `${subscription}/resourceGroups/alai-dev`,
        },
        properties: { name: "alai-dev", location: "westeurope" },
      }),
    );
    const { exitCode, output } = await runHere(["adopt", "--stack", "dev", "--cwd", copy], {
      SANDBOX_DIRECTORY: join(copy, "data"),
    });
    expect(output).toMatch(
      /! .*ResourceGroup main is there, and location cannot be changed in place; say in the inventory/,
    );
    expect([exitCode, output]).toEqual([2, expect.stringContaining("nothing written: ")]);
    expect(readFileSync(dev, "utf8")).toBe(before);
  });
});

describe("the list of what is taken over", () => {
  const files = readdirSync(repository).filter((name) => /^Pulumi\..+\.yaml$/.test(name));
  const entry = { type: record, name: "a.example-site", id: "zone/record" };

  it.each(files)("comes into %s and goes again, and nothing else changes", (name) => {
    const text = readFileSync(join(repository, name), "utf8");
    const listed = withAdopted(text, [entry, { ...entry, name: "b" }]);
    expect(listed.split("\n").filter((line) => !text.split("\n").includes(line))).toEqual([
      `  ${adoptedSetting}:`,
      `    - { type: ${record}, name: a.example-site, id: zone/record }`,
      `    - { type: ${record}, name: b, id: zone/record }`,
    ]);
    expect(withAdopted(listed, [entry])).toBe(withAdopted(text, [entry]));
    expect(withAdopted(listed, [])).toBe(text);
  });
});
