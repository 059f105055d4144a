import { afterAll, beforeAll, expect, it } from "vitest";
import { checkedEvents } from "./engine-event-schema";
import { keptFiles } from "./kept-data";
import { ProjectCopy } from "./project-copy";

const project = new ProjectCopy();
afterAll(() => project.remove());

beforeAll(async () => {
  expect(await project.run(["up", "--stack", "dev", "--yes", "--skip-preview"])).toMatchObject({ exitCode: 0 });
}, 180_000);

it("one more site in the inventory is one more site in the preview: creations only, and only that site's", async () => {
  const before = keptFiles(project.path(".sandbox"));
  const site = `
  - domain: acceptance.alai.no
    state: on-pages
    zone: alai.no
    owner: own
    repository: alai-acceptance-web
    framework: { kind: astro }
`;
  const sites = "stacks/alai/inventory/sites.yaml";
  project.write(sites, `${project.read(sites)}${site}`);

  const { exitCode, output } = await project.run(["preview", "--stack", "dev", "--json"]);

  expect(exitCode).toBe(0);
  const planned = checkedEvents(output).flatMap(({ resourcePreEvent }) =>
    resourcePreEvent ? [resourcePreEvent.metadata] : [],
  );
  const changes = planned.filter(({ op }) => op !== "same" && op !== "read");
  expect(changes.length).toBeGreaterThan(2);
  const others = changes.filter(
    ({ op, urn }) => op !== "create" || !/acceptance\.alai\.no|alai-acceptance-web/.test(urn),
  );
  expect(others.map(({ op, urn }) => `${op} ${urn}`)).toEqual([]);
  expect(keptFiles(project.path(".sandbox"))).toEqual(before);
}, 120_000);
