import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { ProjectCopy } from "../acceptance/project-copy";

const project = new ProjectCopy();
const [sites, zones] = ["stacks/alai/inventory/sites.yaml", "stacks/alai/inventory/zones.yaml"];
const before = { sites: project.read(sites), zones: project.read(zones) };
const now = () => ({ sites: project.read(sites), zones: project.read(zones) });
afterEach(() => project.restore(sites, zones));
afterAll(() => project.remove());

const newSite = (line: string) => project.run(["new-site", ...line.split(" ").filter(Boolean)]);
/** The lines that one text has more, in their order; undefined when it lacks any of the other's. */
function added(from: string, to: string): readonly string[] | undefined {
  const rest = from.split("\n");
  const more = to.split("\n").filter((line) => {
    if (rest[0] !== line) return true;
    rest.shift();
    return false;
  });
  return rest.length === 0 ? more.filter((line) => line.trim() !== "") : undefined;
}

describe("new-site", () => {
  it("writes an entry that the rules take, and says what is left", async () => {
    const { exitCode, output } = await newSite(
      "--domain new.alai.no --zone alai.no --repository alai-new-web --framework astro",
    );
    expect(exitCode).toBe(0);
    expect(added(before.sites, project.read(sites))).toEqual([
      "  - domain: new.alai.no",
      ...["    state: on-pages", "    zone: alai.no", "    owner: own", "    repository: alai-new-web"],
      "    framework: { kind: astro }",
    ]);
    expect(project.read(zones)).toBe(before.zones);
    const { sites: read } = loadAlaiInventory(join(project.path("."), "stacks/alai/inventory"));
    expect(read.sites.find(({ domain }) => domain === "new.alai.no")).toMatchObject({ framework: { kind: "astro" } });
    expect(output).toContain("npm run generate");
    expect(output).not.toContain("npm run cutover");
  });

  it("brings the zone, and the way to Pages of one that is elsewhere", async () => {
    const site = "--domain new.example --zone new.example --repository alai-new-web --www serve --current 192.0.2.7";
    const { exitCode, output } = await newSite(site);
    expect(exitCode).toBe(0);
    expect(added(before.zones, project.read(zones))).toEqual([
      "  - domain: new.example",
      expect.stringContaining("hsts"),
      expect.stringContaining("rateLimits"),
    ]);
    expect(added(before.sites, project.read(sites))).toContain("    current: { type: A, address: 192.0.2.7 }");
    expect(output).toMatch(/npm run cutover -- .*--site new.example/);
  });

  it.each([
    [
      "two things wrong",
      "--domain alai.no --zone alai.no --repository alai-home-web",
      /two sites have "alai.no".*two sites have "alai-home-web"/s,
    ],
    [
      "a new zone, and a name that is not in it",
      "--domain other.example --zone new.example --repository a-web",
      /other.example/,
    ],
    ["no name", "--domain a\tb --zone alai.no --repository a-web", /sites.yaml:\d+:\d+ /],
    ["nothing at all", "--zone alai.no", /say --domain, --repository/],
  ])("writes nothing where it refuses %s", async (_, line, refusal) => {
    const { exitCode, errors } = await newSite(line);
    expect([exitCode, errors]).toEqual([2, expect.stringMatching(refusal)]);
    expect(errors).not.toContain("/tmp");
    expect(now()).toEqual(before);
  });

  it("writes nothing in a dry run", async () => {
    const { output } = await newSite("--domain new.alai.no --zone alai.no --repository alai-new-web --dry-run");
    expect(output).toContain(`would write  ${sites}`);
    expect(now()).toEqual(before);
  });
});
