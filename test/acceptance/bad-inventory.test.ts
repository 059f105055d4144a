import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { keptFiles } from "./kept-data";
import { ProjectCopy } from "./project-copy";

const project = new ProjectCopy();
let before: ReturnType<typeof keptFiles>;
beforeAll(async () => {
  expect(await project.run(["up", "--stack", "bootstrap", "--yes", "--skip-preview"])).toMatchObject({ exitCode: 0 });
  before = keptFiles(project.path(".sandbox"));
}, 180_000);
afterEach(() => project.restore(...["sites", "network", "services", "zones", "hosts"].map(inventoryFile)));
afterAll(() => project.remove());

const inventoryFile = (name: string) => `stacks/alai/inventory/${name}.yaml`;

/** What an `up` says of the inventory, one problem a line. It changes nothing. */
async function problems(): Promise<readonly string[]> {
  const { exitCode, output, errors } = await project.run(["up", "--stack", "bootstrap", "--yes"]);
  expect([exitCode, errors]).toEqual([2, ""]);
  expect(output.trimEnd().split("\n").at(-1)).toContain("nothing was applied");
  expect(output).not.toContain("    at ");
  expect(keptFiles(project.path(".sandbox"))).toEqual(before);
  return output.split("\n").flatMap((line) => (/\.yaml:\d+:\d+ /.test(line) ? [line.trim()] : []));
}

describe("a wrong inventory ends with 2, names every mistake and changes nothing", () => {
  it("an unknown key, a wrong type, a bad schedule and a bad address block, in different files", async () => {
    project.edit(inventoryFile("sites"), "framework:", "framwork:");
    project.edit(inventoryFile("network"), "addressSpace: 10.20.0.0/16", "addressSpace: 10.20.0.0/33");
    project.edit(inventoryFile("services"), "cpu: 0.25", "cpu: a quarter");
    const job = "- { name: nightly, kind: job, tier: P1, cpu: 0.25, schedule: every night, timeoutSeconds: 60 }";
    project.write(inventoryFile("services"), `${project.read(inventoryFile("services"))}\n  ${job}\n`);
    const found = await problems();
    expect(found.join("\n")).toMatch(
      /sites\.yaml:\d+:\d+ sites\[0\]\.framwork: unknown key .*did you mean "framework"/,
    );
    expect(found.join("\n")).toMatch(/network\.yaml:\d+:\d+ networks\.prod\.addressSpace: .*10\.20\.0\.0\/33/);
    expect(found.join("\n")).toMatch(/services\.yaml:\d+:\d+ services\[0\]\S*cpu: expected .*a quarter/);
    expect(found.join("\n")).toMatch(/services\.yaml:\d+:\d+ services\[\d+\]\.schedule: expected five cron fields/);
  });

  it("a site that is there twice and one whose zone is not there", async () => {
    project.edit(inventoryFile("sites"), "zone: bilko.io", "zone: bilko.com");
    const twice = "  - { domain: alai.no, state: elsewhere, zone: alai.no, target: { type: A, address: 192.0.2.1 } }";
    project.edit(inventoryFile("sites"), "sites:\n", `sites:\n${twice}\n`);
    const found = (await problems()).join("\n");
    expect(found).toMatch(/sites\.yaml:\d+:\d+ sites\[\d+\]\.zone: .*bilko\.com/);
    expect(found).toMatch(/sites\.yaml:\d+:\d+ sites\[\d+\]\.domain: .*alai\.no/);
  });

  it("a file that is not YAML, one that is empty and one of 10 MB", async () => {
    project.write(inventoryFile("sites"), "sites:\n  - domain: [unclosed\n");
    project.write(inventoryFile("network"), "");
    project.write(inventoryFile("zones"), `zones: []\n${"# filler\n".repeat(1_200_000)}`);
    const found = (await problems()).join("\n");
    expect(found).toMatch(/sites\.yaml:\d+:\d+ .*YAML/);
    expect(found).toMatch(/network\.yaml:1:1 .*empty/);
    expect(found).toMatch(/zones\.yaml:1:1 .*the file has 10\.3 MB, the limit is/);
  });
});
