import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { copyProject } from "../../operations/project-copy";
import { AlaiWorld, logicalName, repositoryRoot } from "./alai-world";

const copyOfProject = () => {
  const copy = mkdtempSync(join(tmpdir(), "landscape-"));
  copyProject(repositoryRoot, copy);
  return copy;
};

describe("a new site", () => {
  const site = `
  - domain: new.alai.no
    state: on-pages
    zone: alai.no
    owner: own
    repository: alai-new-web
    framework: { kind: astro }
`;

  it("is one entry, and creates only that site's resources; how long answers are kept and who notices silence know it, too", async () => {
    const project = copyOfProject();
    const alai = new AlaiWorld(project);
    await alai.deploy("prod");
    const sites = join(project, "stacks/alai/inventory/sites.yaml");
    writeFileSync(sites, `${readFileSync(sites, "utf8")}${site}`);

    const { changes, events, result } = await alai.preview("prod");

    expect(result).toBe("succeeded");
    expect(Object.keys(changes).sort()).toEqual(["create", "same", "update"]);
    const urnsOf = (op: string) =>
      events.flatMap(({ resourcePreEvent }) =>
        resourcePreEvent?.metadata.op === op ? [resourcePreEvent.metadata.urn] : [],
      );
    const created = urnsOf("create");
    expect(created.length).toBe(changes.create);
    expect(urnsOf("update").map(logicalName).sort()).toEqual([
      "alai.no-http_request_cache_settings",
      "alerts-job-failed-git-mirror-warning",
      "alerts-job-missing-git-mirror-warning",
      "alerts-job-missing-uptime-critical",
    ]);
    expect(created.map(logicalName).filter((name) => !/new\.alai\.no|alai-new-web/.test(name))).toEqual([]);
  }, 300_000);
});
describe("a wrong inventory", () => {
  it("is told with every problem and nothing else, before anything is made", async () => {
    const project = copyOfProject();
    const services = join(project, "stacks/alai/inventory/services.yaml");
    writeFileSync(services, readFileSync(services, "utf8").replace("cpu: 0.25", "cpuu: 0.25"));
    writeFileSync(join(project, "stacks/alai/inventory/hosts.yaml"), "");

    const { result, messages, changes } = await new AlaiWorld(project).run("up", "prod");

    expect(result).toBe("failed");
    expect(messages[0]).toMatch(
      /^2 problems in the inventory:\n {2}stacks\/alai\/inventory\/services\.yaml:9:5 services\[0\]\.cpuu: unknown key "cpuu"; did you mean "cpu"\?\n {2}stacks\/alai\/inventory\/hosts\.yaml:1:1 the file is empty; .*\n$/,
    );
    // The stack itself, which holds nothing yet.
    expect(changes).toEqual({ create: 1 });
  }, 120_000);
});
