import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parseDocument } from "yaml";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { repository } from "../cli/run-command";
import { ProjectCopy } from "./project-copy";

const inventory = "stacks/alai/inventory";
const project = new ProjectCopy();
const { zones } = loadAlaiInventory(join(repository, inventory));
const zone = zones.zones[0]?.domain ?? "";
const pages = { zone, owner: "own", framework: { kind: "html" } };
const leaving = { domain: `leaving.${zone}`, repository: "alai-leaving-web", ...pages };
const moving = { domain: `moving.${zone}`, repository: "alai-moving-web", ...pages };
const target = { type: "A", address: "192.0.2.1" };
const retired = { on: "2026-12-01", keepDays: 30, reason: "nobody visits it any more" };

/** Sets these sites beside those of the inventory, instead of those that were set before. */
function setSites(...sites: readonly object[]): void {
  setEntries("sites", sites);
}

function setEntries(list: "sites" | "repositories", entries: readonly object[]): void {
  const path = `${inventory}/${list}.yaml`;
  project.restore(path);
  const document = parseDocument(project.read(path));
  for (const entry of entries) document.addIn([list], document.createNode(entry));
  project.write(path, String(document));
}

const up = (...options: readonly string[]) => project.run(["up", "--stack", "prod", "--yes", ...options]);

/** What a refused `up` says. @param by protection where the engine refuses, too */
async function refusal(by: "guard" | "protection"): Promise<string> {
  const before = await project.deployed("prod");
  const run = await up();
  const { output } = run;
  expect(run.exitCode, output).toBe(5);
  expect(output).toContain("nothing was applied");
  if (by === "protection") expect(output).not.toContain("--override");
  expect((await project.deployed("prod")).toSorted()).toEqual(before.toSorted());
  return output;
}

async function expectUp(...options: readonly string[]): Promise<string> {
  const { exitCode, output, errors } = await up(...options);
  expect(exitCode, output + errors).toBe(0);
  return output;
}

const expectUnchanged = async () => expect(await expectUp("--skip-preview")).toContain("unchanged");

beforeAll(async () => {
  vi.setSystemTime("2026-12-01T12:00:00Z");
  setSites({ state: "on-pages", ...leaving }, { state: "on-pages", ...moving });
  await expectUp("--skip-preview");
  await expectUp("--stack", "dev", "--skip-preview");
}, 240_000);
afterAll(() => {
  vi.useRealTimers();
  project.remove();
});

describe("a site leaves prod, another moves elsewhere", () => {
  it("is refused when the entry vanishes, or becomes elsewhere, naming the way", async () => {
    setSites({ state: "elsewhere", domain: moving.domain, zone, target });
    const output = await refusal("protection");
    for (const { domain } of [leaving, moving]) {
      expect(output).toContain(`stateful: cloudflare:index:PagesProject ${domain} is deleted`);
    }
    expect(output).toContain(`stateful: github:index:Repository ${moving.repository} is deleted`);
    expect(output).toContain('"state: retired"');
    expect(output).toContain(`keep its entry in ${inventory}/repositories.yaml:`);
  }, 240_000);

  it("lets go of the project with the reason, and the name at once", async () => {
    setSites({ state: "retired", ...leaving, retired }, { state: "retired", ...moving, retired, target });
    const output = await expectUp();
    for (const { domain } of [leaving, moving]) {
      const said = `sites.yaml says so of ${domain}: retired, leaves on 2026-12-31: ${retired.reason}`;
      expect(output).toContain(`PagesProject ${domain}: protect is taken away`);
      expect(output).toContain(said);
    }
    const left = await project.deployed("prod");
    expect(left).toContain(`PagesProject ${leaving.domain}`);
    expect(left).toContain(`DnsRecord ${moving.domain}-site`);
    expect(left).not.toContain(`DnsRecord ${leaving.domain}-site`);
    await expectUnchanged();
  }, 240_000);

  it("lets go of dev's copy in the same way", async () => {
    expect(await expectUp("--stack", "dev")).toContain(`PagesProject ${leaving.domain}: protect is taken away`);
    const left = await project.deployed("dev");
    expect(left).toContain(`PagesProject ${leaving.domain}`);
    expect(left).not.toContain(`DnsRecord ${leaving.domain}-site`);
  }, 240_000);

  it("is refused by the plan guard alone when the entry vanishes within its days", async () => {
    setSites({ state: "retired", ...moving, retired, target });
    setEntries("repositories", [{ name: leaving.repository, visibility: "private" }]);
    expect(await refusal("guard")).toContain('"state: retired"');
    setEntries("repositories", []);
  }, 240_000);

  it("deletes the project when its days are over, and leaves the repository", async () => {
    setSites({ state: "retired", ...leaving, retired }, { state: "retired", ...moving, retired, target });
    vi.setSystemTime("2026-12-30T23:59:59Z");
    await expectUnchanged();
    vi.setSystemTime("2026-12-31T00:00:00Z");
    expect(await expectUp()).toContain(
      `PagesProject ${leaving.domain} is deleted; what is in it is lost; ${inventory}`,
    );
    const left = await project.deployed("prod");
    for (const { domain, repository: name } of [leaving, moving]) {
      expect(left).not.toContain(`PagesProject ${domain}`);
      expect(left).toContain(`Repository ${name}`);
    }
    await expectUnchanged();
    await expectUp("--stack", "dev");
    expect(await project.deployed("dev")).not.toContain(`PagesProject ${leaving.domain}`);
  }, 240_000);

  it("leaves the repository also when the entry goes, which is refused until it is listed", async () => {
    setSites({ state: "elsewhere", domain: moving.domain, zone, target });
    expect(await refusal("protection")).toContain(`keep its entry in ${inventory}/repositories.yaml:`);
    const names = [leaving.repository, moving.repository];
    setEntries(
      "repositories",
      names.map((name) => ({ name, visibility: "private" })),
    );
    await expectUp();
    const left = await project.deployed("prod");
    for (const name of names) expect(left).toContain(`Repository ${name}`);
    expect(left).toContain(`DnsRecord ${moving.domain}-site`);
  }, 240_000);
});
