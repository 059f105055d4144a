import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProjectCopy } from "../../acceptance/project-copy";
import { type CommandRun, ends, repository } from "../../cli/run-command";

/** The change that `docs/report-sample.md` shows. To write it anew: `npx vitest run test/operations/report/sample.test.ts -u`. */
function changeProd(project: ProjectCopy): void {
  const site =
    "  - domain: new.alai.no\n    state: on-pages\n    zone: alai.no\n    owner: own\n    repository: alai-new-web\n    framework: { kind: astro }\n\n";
  project.edit("stacks/alai/inventory/sites.yaml", "  # Ready on Pages;", `${site}  # Ready on Pages;`);
  project.edit("stacks/alai/inventory/environments.yaml", "size: b2s", "size: d2");
  project.edit(
    "components/backup-store/account-args.ts",
    "allowBlobPublicAccess: false",
    "allowBlobPublicAccess: true",
  );
  const container = "      - { name: bitwarden-exports, exists: true, holds: copies, immutableDays: 30 }\n";
  project.edit("stacks/alai/inventory/backup.yaml", container, "");
}

const actions = {
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_REPOSITORY: "example/landscape",
  GITHUB_RUN_ID: "1",
  GITHUB_SHA: "main",
};

describe("a report of a change that adds a site, resizes PostgreSQL, opens a storage account and deletes a container", () => {
  let project: ProjectCopy;
  let run: CommandRun;
  const file = (name: string) => readFileSync(project.path(`report/${name}`), "utf8");

  beforeAll(async () => {
    project = new ProjectCopy();
    const environment = { SANDBOX_DIRECTORY: project.path(".sandbox") };
    const deployed = await project.run(["up", "--stack", "prod", "--yes", "--skip-preview"], environment);
    expect(deployed.exitCode, deployed.errors).toBe(0);
    changeProd(project);
    run = await project.run(
      ["report", "--stack", "prod", "--policy-pack", join(repository, "policies"), "--output", project.path("report")],
      { ...environment, ...actions, GITHUB_STEP_SUMMARY: project.path("summary.md") },
    );
  }, 120_000);
  afterAll(() => project.remove());

  it("ends with exit code 5, and JSON and step summary say the same", () => {
    expect(run.exitCode, run.output + run.errors).toBe(5);
    expect(ends(run.output)[1]).toContain("refused: ");
    expect(JSON.parse(file("report.json"))).toMatchObject({ version: 1, stack: "prod", refused: true });
    expect(readFileSync(project.path("summary.md"), "utf8")).toContain("Will not be applied");
  });

  it("leads with what can hurt", () => {
    const headings = [...file("comment.md").matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(["What can hurt", "Policy violations", "Errors", "Changes", "Cost", "Blast radius"]);
    expect(file("comment.md")).toContain("storage-no-public-blobs");
    expect(file("report.sarif")).toContain('"uri": "stacks/alai/inventory/backup.yaml"');
  });

  it("is what the sample in docs shows", async () => {
    await expect(file("comment.md")).toMatchFileSnapshot(join(repository, "docs", "report-sample.md"));
  });
});
